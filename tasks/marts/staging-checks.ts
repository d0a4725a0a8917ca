// The checks of a table before anybody can read it: its check.sql returns offending rows of its
// staging table, and a fact must hold, day by day, what dds holds.

import type { ClickHouseClient } from '@clickhouse/client'
import { sqlFile } from '../../connections/sql-file.ts'
import { DataCheckFailed } from '../../orchestrator/sdk/index.ts'
import { statementOf, type Target } from './targets.ts'
import { spansOf } from './work.ts'

const SHOWN_ROWS = 5

/** Rows and a checksum of one day of a table. */
export interface DaySum {
  day: string
  rows: string
  checksum: string
}

export interface CheckedTable {
  target: Target
  /** Where its rows are; a table of database marts. */
  table: string
  /** Of its rows those of this source are looked at. */
  source: string
  days: readonly string[]
  signal: AbortSignal
}

/** @throws DataCheckFailed with the first offending rows. */
export async function assertSound(
  clickhouse: ClickHouseClient,
  { target, table, source, days, signal }: CheckedTable,
): Promise<void> {
  const file = statementOf(target, 'check')
  for (const span of spansOf(days)) {
    const result = await clickhouse.query({
      query: await sqlFile(file),
      query_params: { staging: table, source, days: span },
      format: 'JSONEachRow',
      abort_signal: signal,
    })
    refuseOffending(`sql/${file}`, await result.json(), `Nothing of marts.${target} was published.`)
  }
}

/** Sums of a fact's days, by its sums_in_marts.sql. */
export async function sumsInMarts(
  clickhouse: ClickHouseClient,
  { target, table, source, days, signal }: CheckedTable,
): Promise<DaySum[]> {
  const sums: DaySum[] = []
  for (const span of spansOf(days)) {
    const result = await clickhouse.query({
      query: await sqlFile(statementOf(target, 'sums_in_marts')),
      query_params: { staging: table, source, days: span },
      format: 'JSONEachRow',
      abort_signal: signal,
    })
    sums.push(...(await result.json<DaySum>()))
  }
  return sums
}

/** Days on which the two differ. */
export function differences(inDds: readonly DaySum[], inMarts: readonly DaySum[]): unknown[] {
  const dds = new Map(inDds.map((sum) => [sum.day, sum]))
  const marts = new Map(inMarts.map((sum) => [sum.day, sum]))
  return [...new Set([...dds.keys(), ...marts.keys()])]
    .sort()
    .map((day) => ({ day, dds: dds.get(day) ?? null, marts: marts.get(day) ?? null }))
    .filter((sum) => sum.dds?.rows !== sum.marts?.rows || sum.dds?.checksum !== sum.marts?.checksum)
}

/** @throws DataCheckFailed: a check that failed fails again until somebody has looked. */
export function refuseOffending(
  check: string,
  rows: readonly unknown[],
  consequence: string,
): void {
  if (rows.length === 0) return
  const shown = rows.slice(0, SHOWN_ROWS).map((row) => `  ${JSON.stringify(row)}`)
  throw new DataCheckFailed(
    [`${check}: ${rows.length} offending rows. ${consequence}`, ...shown].join('\n'),
  )
}
