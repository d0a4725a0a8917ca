// A run takes one batch of one source. When more waits, the next run begins at once and not with the next
// hour.

import { connections } from '../../connections/index.ts'
import type { Pool } from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import { SkipTask, type TaskContext } from '../../orchestrator/sdk/index.ts'
import type { MartBatch } from './freeze-batch.ts'
import { readWaiting } from './take-batch.ts'
import { holds, TARGETS } from './targets.ts'

/**
 * Skipped, and with it the event of its outlet, when nothing waits that another run could load. After a
 * failure that is only what has not failed yet: runs that fail would otherwise follow each other for ever.
 */
export async function wakeNextBatch(
  { batch }: { batch: MartBatch },
  context: TaskContext,
): Promise<string[]> {
  const { warehouse } = await connections()
  const isLoaded = await isInAllTables(warehouse, batch)
  const waiting: string[] = []
  for (const of of await readSources(warehouse, batch, context.runId)) {
    const hasBatch = isLoaded ? of.hasBatch : of.hasBatch && !of.hasFailed
    const hasLoads = isLoaded || (of.source !== batch.source && !of.hasFailed)
    if (hasBatch || (hasLoads && (await hasWaiting(warehouse, batch, of.source)))) {
      waiting.push(of.source)
    }
  }
  if (waiting.length === 0) throw new SkipTask('Nothing that another run could load waits')
  context.log.info(`More waits for the marts: ${waiting.join(', ')}`)
  return waiting
}

async function isInAllTables(
  warehouse: Pool,
  { martsId, batchId, source }: MartBatch,
): Promise<boolean> {
  if (batchId === null || source === null) return true
  const { rows } = await warehouse.query<{ count_tables: number }>(
    `select count(*)::int as count_tables
     from dds.mart_watermark
     where marts_id = $1 and source = $2 and batch_id >= $3 and target = any($4::text[])`,
    [martsId, source, batchId, TARGETS],
  )
  return rows[0]!.count_tables === TARGETS.filter((target) => holds(target, source)).length
}

interface WaitingSource {
  source: string
  /** One that is not this run's. */
  hasBatch: boolean
  /** A run has failed with that batch, and none has published it since. */
  hasFailed: boolean
}

async function readSources(
  warehouse: Pool,
  { martsId, batchId }: MartBatch,
  runId: string,
): Promise<WaitingSource[]> {
  const { rows } = await warehouse.query<{
    source: string
    has_batch: boolean
    has_failed: boolean
  }>(
    `select
       turns.source,
       count(batch.batch_id) > 0 as has_batch,
       coalesce(
         bool_or(exists (
           select from dds.mart_batch_failure as failure
           where failure.batch_id = batch.batch_id
         ) and batch.state = 'frozen'),
         false
       ) as has_failed
     from (${await sqlFile('marts/batches/turns.sql')}) as turns
     left join dds.mart_batch as batch
       on batch.marts_id = $1
       and batch.source = turns.source
       and batch.batch_id is distinct from $3::bigint
       and (
         batch.state = 'frozen'
         or (batch.state = 'set_aside' and batch.retry_asked_at is not null)
       )
     group by turns.source
     order by turns.source`,
    [martsId, runId, batchId],
  )
  return rows.map((row) => ({
    source: row.source,
    hasBatch: row.has_batch,
    hasFailed: row.has_failed,
  }))
}

async function hasWaiting(
  warehouse: Pool,
  { martsId }: MartBatch,
  source: string,
): Promise<boolean> {
  return (await readWaiting(warehouse, { martsId, source })).length > 0
}
