import type { LogRow } from './log-rows.ts'

/** Indexes of the rows that hold the text, whatever its case. */
export function matchingRows(rows: LogRow[], text: string): number[] {
  if (text === '') return []
  const pattern = patternOf(text, 'i')
  const found: number[] = []
  rows.forEach((row, i) => {
    if (pattern.test(row.text)) found.push(i)
  })
  return found
}

/** A row in parts; every second one is what was searched for. */
export function splitAtMatches(row: string, text: string): string[] {
  return text === '' ? [row] : row.split(patternOf(text, 'gi'))
}

/** The match after (or before) the one at hand, round and round. */
export function nextMatch(count: number, current: number, step: 1 | -1): number {
  return count === 0 ? 0 : (current + step + count) % count
}

function patternOf(text: string, flags: string): RegExp {
  return new RegExp(`(${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')})`, flags)
}
