// Which days of a source a run loads into a table, and what of them: only what a batch changes of its days where the
// table holds everything before the batch, and else the whole days; whole those that a rebuild asks for.
// A table that was never loaded, or whose amounts are in another currency than they should be, is loaded
// whole: that is also how everything comes back after dds was made anew and its batches forgotten, days
// that are no more included.

import type { ClickHouseClient } from '@clickhouse/client'
import type { Queryable } from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import {
  isUnderWay,
  type MartWatermark,
  moveMartWatermark,
  readBatchBefore,
  readBatchDays,
  readMartWatermark,
} from './batches.ts'
import { readDaysAside } from './set-aside.ts'
import type { SourceBatch } from './source-batch.ts'
import { FACTS, MARTS, type Target } from './targets.ts'

export interface Work {
  /** To load now, ascending. */
  days: string[]
  /** Those of a fact of which only what the batch changes is loaded, ascending. */
  changedDays: string[]
  /** Those and all others of the batch, for the checks. */
  checkedDays: string[]
  watermark: MartWatermark | null
  /** The watermark after it; null: it stays. */
  moveTo: SourceBatch | null
}

interface Stores {
  warehouse: Queryable
  clickhouse: ClickHouseClient
}

export async function planWork(open: Stores, target: Target, batch: SourceBatch): Promise<Work> {
  const { martsId, batchId, rebuild, reportingCurrency } = batch
  const watermark = await readMartWatermark(open.warehouse, batch, target)
  const isHeld = watermark?.reportingCurrency === reportingCurrency
  const isOpen = batchId !== null && (await isUnderWay(open.warehouse, martsId, batchId))
  const isBehind = isOpen && watermark?.batchId !== batchId
  const batchDays = batchId === null ? [] : await readBatchDays(open.warehouse, batchId)
  const days = new Set(isBehind ? batchDays.map(({ day }) => day) : [])
  // A check that failed has put the watermark back: then the days come whole, as those of a mart always.
  const holdsBefore =
    isBehind &&
    isHeld &&
    !isMart(target) &&
    watermark.batchId === (await readBatchBefore(open.warehouse, batch, batchId))
  const changed = new Set(
    holdsBefore ? batchDays.flatMap(({ day, isWhole }) => (isWhole ? [] : day)) : [],
  )
  const addWhole = (added: readonly string[]) => {
    for (const day of added) {
      days.add(day)
      changed.delete(day)
    }
  }
  if (isBehind) addWhole(await readDaysAside(open.warehouse, batch, target))
  if (!isHeld) addWhole(await availableDays(open, target, batch.source, null, null))
  else if (rebuild?.targets.includes(target)) {
    addWhole(await availableDays(open, target, batch.source, rebuild.from, rebuild.to))
  }
  // A batch that another run has published is behind the watermark, which never goes back.
  const held = isOpen ? batchId : (watermark?.batchId ?? batchId)
  return {
    days: [...days].sort(),
    changedDays: [...changed].sort(),
    checkedDays: [...new Set([...days, ...batchDays.map(({ day }) => day)])].sort(),
    watermark,
    moveTo: held !== null && (isBehind || !isHeld) ? { ...batch, batchId: held } : null,
  }
}

/** Call in a transaction that has raised the fence. */
export async function endWork(
  db: Queryable,
  target: Target,
  { watermark, moveTo }: Work,
): Promise<void> {
  if (moveTo !== null) await moveMartWatermark(db, target, watermark, moveTo)
}

/** Days of the source that the table has, or would have. */
async function availableDays(
  { warehouse, clickhouse }: Stores,
  target: Target,
  source: string,
  from: string | null,
  to: string | null,
): Promise<string[]> {
  const tables: readonly Target[] = isMart(target) ? [target, ...MARTS[target]!] : [target]
  const result = await clickhouse.query({
    query: `select distinct toString(held.day) as day
      from (
        ${tables.map((table) => `select day from marts.${table} where source = {source:String}`).join(' union all ')}
      ) as held
      where held.day between {from:Date} and {to:Date}`,
    query_params: { source, from: from ?? '1970-01-01', to: to ?? '2149-06-06' },
    format: 'JSONEachRow',
  })
  const inMarts = await result.json<{ day: string }>()
  if (isMart(target)) return inMarts.map((row) => row.day)
  const { rows } = await warehouse.query<{ day: string }>(
    await sqlFile('marts/batches/dds_days.sql'),
    [from, to, source],
  )
  return [...inMarts, ...rows].map((row) => row.day)
}

function isMart(target: Target): boolean {
  return !FACTS.includes(target)
}

const DAY_MS = 86_400_000
// One insert may open a hundred partitions at most, a span of days is read by one index range, and a
// month of facts fits in memory whatever the history.
const DAYS_PER_SPAN = 31

/** Days that are read and written together. */
export function spansOf(days: readonly string[]): string[][] {
  const result: string[][] = []
  for (const day of days) {
    const last = result.at(-1)
    const isNear =
      last !== undefined && Date.parse(day) - Date.parse(last[0]!) < DAYS_PER_SPAN * DAY_MS
    if (isNear) last.push(day)
    else result.push([day])
  }
  return result
}
