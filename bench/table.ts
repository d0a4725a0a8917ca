// The one table that a run prints.

import { ROWS } from './rows.ts'
import type { Samples, Spread } from './samples.ts'

const HEAD = ['', 'workload', 'queue', 'Terrace', 'bare limit', 'ratio', 'target', 'reached']

export function printTable(samples: Samples): void {
  const lines = [HEAD, ...linesOf(samples)]
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  for (const [index, line] of lines.entries()) {
    console.log(line.map((cell, column) => cell.padEnd(widths[column]!)).join('  '))
    if (index === 0) console.log(widths.map((width) => '─'.repeat(width)).join('  '))
  }
  for (const { benchmark, limit } of new Map(
    ROWS.filter((row) => row.limit).map((row) => [row.limit, row]),
  ).values())
    console.log(`  ${benchmark} bare limit: ${limit}`)
}

function linesOf(samples: Samples): string[][] {
  const lines: string[][] = []
  for (const row of ROWS) {
    for (const queue of ['redis', 'postgres'] as const) {
      const ours = samples.spread(row.key, queue, 'terrace')
      if (!ours) continue
      const limit = samples.spread(row.key, queue, 'limit')
      const ratio = samples.ratio(row.key, queue)
      const target = row.target[queue]
      lines.push([
        row.benchmark,
        row.title,
        queue,
        `${text(ours)} ${row.unit}`,
        limit ? text(limit) : '',
        ratio ? `× ${text(ratio)}` : '',
        target === undefined ? '' : `${row.lowerIsBetter ? '≤' : '≥'} ${target}`,
        target === undefined ? '' : reached(ours.median, target, row.lowerIsBetter) ? 'yes' : 'NO',
      ])
    }
  }
  return lines
}

export function reached(value: number, target: number, lowerIsBetter: boolean): boolean {
  return lowerIsBetter ? value <= target : value >= target
}

function text({ median, min, max, rounds }: Spread): string {
  const spread = rounds === 1 ? '' : ` (${significant(min)}–${significant(max)})`
  return `${significant(median)}${spread}`
}

/** Three digits; more would be noise. */
export function significant(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString('en-US')
  return String(Number(value.toPrecision(3)))
}
