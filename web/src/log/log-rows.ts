// Lines of a log as rows of the viewer: without terminal colours, a row for each line of a message.

import type { LogLine } from '../api/types.ts'

export interface LogRow {
  /** Of the stored line; rows after the first of one message repeat it. */
  lineNumber: number
  loggedAt: string
  level: Level
  text: string
  isFirst: boolean
}

export const LEVELS = ['debug', 'info', 'warning', 'error'] as const

export type Level = (typeof LEVELS)[number]

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes are what is taken out.
const ANSI = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-_])/g

export function stripAnsi(text: string): string {
  return text.includes('\u001b') ? text.replace(ANSI, '') : text
}

export function rowsOf(line: LogLine): LogRow[] {
  const level = LEVELS.find((one) => one === line.level) ?? 'info'
  const texts = `${stripAnsi(line.message)}${fieldsText(line.fields)}`.split(/\r?\n/)
  return texts.map((text, i) => ({
    lineNumber: line.line_number,
    loggedAt: line.logged_at,
    level,
    text,
    isFirst: i === 0,
  }))
}

export function atLeast(rows: LogRow[], level: Level): LogRow[] {
  const least = LEVELS.indexOf(level)
  return least === 0 ? rows : rows.filter((row) => LEVELS.indexOf(row.level) >= least)
}

function fieldsText(fields: Record<string, unknown> | null): string {
  const entries = Object.entries(fields ?? {})
  if (entries.length === 0) return ''
  const texts = entries.map(([name, value]) => `${name}=${valueText(value)}`)
  return ` ${stripAnsi(texts.join(' '))}`
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
