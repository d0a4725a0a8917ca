// Values of the marts as people read them. ClickHouse writes decimals and large integers as texts.

import type { Format } from '../views/dashboard/questions-query.ts'

const FORMATS: Record<Format, Intl.NumberFormat> = {
  number: new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 15 }),
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

export function valueText(value: unknown, format: Format | null): string {
  if (value === null || value === undefined || value === '') return '–'
  const number = numberOf(value)
  if (number === null) return String(value)
  if (format !== null) return FORMATS[format].format(number)
  if (Number.isInteger(number)) return FORMATS.number.format(number)
  return Math.abs(number) < 1 ? small.format(number) : fraction.format(number)
}

export function axisText(value: number, format: Format | null): string {
  return format === 'percent' ? FORMATS.percent.format(value) : compact.format(value)
}

/** A name or a day, short enough for an axis. */
export function pointText(value: unknown): string {
  const text = String(value ?? '–')
  return DATE.test(text) ? day.format(Date.parse(text)) : text
}

/** `active_users_7d` as a heading. */
export function columnText(column: string): string {
  const words = column.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
