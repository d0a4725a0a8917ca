// The one table that a run prints.

import { ENGINES, type EngineKind, ROWS, type Row } from './rows.ts'
import type { Samples, Spread } from './samples.ts'

const HEAD = ['', 'workload', 'on', 'Terrace', 'bare limit', 'ratio', 'target', 'reached']

export function printTable(samples: Samples): void {
  const lines = [HEAD, ...linesOf(samples)]
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  for (const [index, line] of lines.entries()) {
    console.log(line.map((cell, column) => cell.padEnd(widths[column]!)).join('  '))
    if (index === 0) console.log(widths.map((width) => '─'.repeat(width)).join('  '))
  }
  const measured = ROWS.filter(({ key }) =>
    ENGINES.some((engine) => samples.spread(key, engine, 'limit') !== null),
  )
  for (const { benchmark, limit } of new Map(measured.map((row) => [row.limit, row])).values())
    console.log(`  ${benchmark} bare limit: ${limit}`)
}

function linesOf(samples: Samples): string[][] {
  const lines: string[][] = []
  for (const row of ROWS) {
    for (const engine of ENGINES) {
      const ours = samples.spread(row.key, engine, 'terrace')
      if (!ours) continue
      const limit = samples.spread(row.key, engine, 'limit')
      const ratio = samples.ratio(row.key, engine)
      const target = targetOf(row, engine, ours, ratio)
      lines.push([
        row.benchmark,
        row.title,
        engine,
        `${text(ours)} ${row.unit}`,
        limit ? text(limit) : '',
        ratio ? `× ${text(ratio)}` : '',
        target?.text ?? '',
        target ? (target.isReached ? 'yes' : 'NO') : '',
      ])
    }
  }
  return lines
}

export interface Target {
  text: string
  isReached: boolean
}

/** Null where a row has none. A target with a limit of its own machine is asked of the ratio. */
export function targetOf(
  { target, limitWhenSet, targetRatio, lowerIsBetter, unit }: Row,
  engine: EngineKind,
  ours: Spread,
  ratio: Spread | null,
): Target | null {
  const sign = lowerIsBetter ? '≤' : '≥'
  const isReached = (value: number, wanted: number) =>
    lowerIsBetter ? value <= wanted : value >= wanted
  const wanted = target[engine]
  const limit = limitWhenSet?.[engine]
  if (wanted !== undefined && (limit === undefined || ratio === null))
    return { text: `${sign} ${wanted} ${unit}`, isReached: isReached(ours.median, wanted) }
  const wantedRatio = wanted !== undefined ? wanted / limit! : targetRatio
  if (wantedRatio === undefined || ratio === null) return null
  const origin = wanted === undefined ? '' : ` (${wanted} ${unit} beside ${limit})`
  return {
    text: `${sign} × ${significant(wantedRatio)}${origin}`,
    isReached: isReached(ratio.median, wantedRatio),
  }
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
