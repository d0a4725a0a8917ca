// Values of the marts as people read them. ClickHouse writes decimals and large integers as texts.

import type { Answered } from '../views/dashboard/questions-query.ts'

/** What the values of a column are; null: whatever they say themselves. */
export type Format = 'money' | 'percent' | null

const FORMATS = {
  whole: new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 15 }),
  money: new Intl.NumberFormat('en-GB', { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
  percent: new Intl.NumberFormat('en-GB', { style: 'percent', maximumFractionDigits: 1 }),
}
const fraction = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 2 })
const small = new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 3 })
const compact = new Intl.NumberFormat('en-GB', { notation: 'compact', maximumFractionDigits: 1 })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })

const NUMBER = /^-?\d+(\.\d+)?$/
const DATE = /^\d{4}-\d{2}-\d{2}$/

export function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value
  return typeof value === 'string' && NUMBER.test(value) ? Number(value) : null
}

export function formatOf(
  { money, percent }: Pick<Answered, 'money' | 'percent'>,
  column: string,
): Format {
  if (money.includes(column)) return 'money'
  return percent.includes(column) ? 'percent' : null
}

export function valueText(value: unknown, format: Format): string {
  if (value === null || value === undefined || value === '') return '–'
  const number = numberOf(value)
  if (number === null) return String(value)
  if (format !== null) return FORMATS[format].format(number)
  if (Number.isInteger(number)) return FORMATS.whole.format(number)
  return Math.abs(number) < 1 ? small.format(number) : fraction.format(number)
}

export function axisText(value: number, format: Format): string {
  return format === 'percent' ? FORMATS.percent.format(value) : compact.format(value)
}

/** A name or a day, short enough for an axis. */
export function pointText(value: unknown): string {
  const text = String(value ?? '–')
  return DATE.test(text) ? day.format(Date.parse(text)) : text
}

/** Words that are no words of the language, as people write them. */
const ABBREVIATIONS: Record<string, string> = {
  os: 'OS',
  id: 'ID',
  url: 'URL',
  c: '°C',
  '7d': 'in 7 days',
}

/** A column as a heading: `active_users_7d` is "Active users in 7 days". */
export function columnText(column: string): string {
  const words = column.split('_').map((word) => ABBREVIATIONS[word] ?? word)
  const text = words.join(' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** As `columnText`, and amounts say their currency. */
export function headingText(answer: Pick<Answered, 'money' | 'currency'>, column: string): string {
  const text = columnText(column)
  return answer.money.includes(column) ? `${text}, ${answer.currency}` : text
}
