// Loads of what landed, one after the other. While Postgres judges one, the next is read and validated
// here, on a connection of its own: each of the two keeps one processor busy.
//
// A load is judged when the one before it has committed, so it knows all events of that; and no load of
// another topic judges messages of the same source meanwhile.

import {
  beginTransaction,
  endTransaction,
  type Pool,
  type Transaction,
} from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import { raiseFence } from '../../connections/warehouse-fence.ts'
import { failpoint } from '../../orchestrator/sdk/failpoint.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import { RULE_VERSION } from '../messages/rejection.ts'
import { onlySourceOf } from '../messages/source-rules.ts'
import { analyzeIncoming, copyIncoming, createIncoming } from './copy-incoming.ts'
import { holdJudging } from './load-locks.ts'
import { keepOnlySource } from './only-source.ts'
import { moveRawWatermark, type PendingRange, pendingRanges } from './watermarks.ts'

export interface StageArgs {
  topic: string
  rowsPerLoad: number
}

export interface StagedCounts {
  countRaw: number
  countDuplicates: number
  countQuarantined: number
}

interface StagedRow {
  load_id: string
  count_raw: string
  count_duplicates: string
  count_quarantined: string
}

/** Stages all that landed, also what lands meanwhile. */
export async function stageLoads(
  warehouse: Pool,
  args: StageArgs,
  context: TaskContext,
): Promise<StagedCounts> {
  const counts = { countRaw: 0, countDuplicates: 0, countQuarantined: 0 }
  // An attempt that lost its lease may still be staging: it ends before the watermarks are read.
  await raiseFence(warehouse, context.fence)
  while (true) {
    const pending = await pendingRanges(warehouse, args.topic)
    if (pending.length === 0) return counts
    for (const row of await stagePending(warehouse, args, pending, context)) {
      counts.countRaw += Number(row.count_raw)
      counts.countDuplicates += Number(row.count_duplicates)
      counts.countQuarantined += Number(row.count_quarantined)
    }
  }
}

/** Returns or throws when none of its transactions is open. */
async function stagePending(
  warehouse: Pool,
  args: StageArgs,
  pending: readonly PendingRange[],
  context: TaskContext,
): Promise<StagedRow[]> {
  const rows: StagedRow[] = []
  let left = pending
  let judged: Promise<void> = Promise.resolve()
  const judgeAfter = (before: Promise<void>, load: FilledLoad) =>
    endTransaction(load.transaction, async () => {
      await before
      rows.push(await judge(load, args.topic, context))
    })
  try {
    while (left.length > 0) {
      const load = await fillLoad(warehouse, args, left, context.signal)
      left = load.left
      const before = judged
      judged = judgeAfter(before, load)
      // It may fail while the next is filled; who awaits it below throws that.
      judged.catch(() => {})
      // Two loads at a time are enough, and memory stays flat.
      await before
    }
  } finally {
    await Promise.allSettled([judged])
  }
  await judged
  return rows
}

/** A load whose messages stand in the table incoming of its transaction. */
interface FilledLoad {
  transaction: Transaction
  logId: string
  taken: PendingRange[]
  left: PendingRange[]
}

async function fillLoad(
  warehouse: Pool,
  { topic, rowsPerLoad }: StageArgs,
  pending: readonly PendingRange[],
  signal: AbortSignal,
): Promise<FilledLoad> {
  const transaction = await beginTransaction(warehouse)
  try {
    const { client } = transaction
    await createIncoming(client)
    const { logId } = pending[0]!
    const taken: PendingRange[] = []
    const left: PendingRange[] = []
    let room = rowsPerLoad
    for (const range of pending) {
      // One log a load: its id stands on the load.
      if (room <= 0 || range.logId !== logId) {
        left.push(range)
        continue
      }
      const { until, count } = await copyIncoming(client, warehouse, { topic, range, room }, signal)
      taken.push({ ...range, until })
      if (until < range.until) left.push({ ...range, from: until })
      room -= count
    }
    await analyzeIncoming(client)
    return { transaction, logId, taken, left }
  } catch (error) {
    await transaction.rollback()
    throw error
  }
}

async function judge(
  { transaction: { client }, logId, taken }: FilledLoad,
  topic: string,
  context: TaskContext,
): Promise<StagedRow> {
  context.signal.throwIfAborted()
  await raiseFence(client, context.fence)
  for (const range of taken) await moveRawWatermark(client, topic, range)
  await holdJudging(client)
  const { rows } = await client.query<StagedRow>(await sqlFile('dds/load/stage_event.sql'), [
    logId,
    topic,
    JSON.stringify(taken.map(({ partition, from, until }) => [partition, `${from}`, `${until}`])),
    RULE_VERSION,
  ])
  await keepOnlySource(client, rows[0]!.load_id, onlySourceOf(topic))
  await client.query(await sqlFile('raw/load/count_sources.sql'), [rows[0]!.load_id])
  await client.query(await sqlFile('raw/load/count_new_fields.sql'), [rows[0]!.load_id])
  await client.query('drop table incoming')
  failpoint('raw_to_dds.before_stage_commit')
  return rows[0]!
}
