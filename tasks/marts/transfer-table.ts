// A fact from dds to ClickHouse, exactly once: the days that the batch touches are loaded anew as a
// whole into a staging table and replaced one by one, then the watermark moves. Killed anywhere, the
// next attempt does the same again and ends the same. Late events reopen their days by themselves.

import { copyToClickHouse } from '../../connections/copy-to-clickhouse.ts'
import { type Connections, connections } from '../../connections/index.ts'
import { inTransaction } from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import { raiseFence } from '../../connections/warehouse-fence.ts'
import { failpoint } from '../../orchestrator/sdk/failpoint.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import { assertBatchUnchanged, moveMartWatermark, readMartWatermark } from './batches.ts'
import type { MartBatch } from './freeze-batch.ts'
import { claimTarget } from './target-claim.ts'

export type FactTarget = 'fct_event'

export interface TransferArgs {
  target: FactTarget
  batch: MartBatch
}

const COLUMNS: Record<FactTarget, readonly string[]> = {
  fct_event: [
    'source',
    'day',
    'occurred_at',
    'event_hk',
    'event_id',
    'event_type',
    'user_id',
    'session_id',
    'product_id',
    'platform',
    'quantity',
    'unit_price',
    'currency',
  ],
}
// One insert may open a hundred partitions at most, and a span of days is read by one index range.
const DAYS_PER_COPY = 31

export async function transferTable(
  { target, batch }: TransferArgs,
  context: TaskContext,
): Promise<{ countRows: number; days: string[] }> {
  const open = await connections()
  const { warehouse, clickhouse } = open
  const { martsId, batchId } = batch
  if (batchId === null) return { countRows: 0, days: [] }
  const watermark = await readMartWatermark(warehouse, martsId, target)
  const days = await batchDays(open, martsId, batchId)
  if (watermark === batchId) return { countRows: 0, days }
  await assertBatchUnchanged(warehouse, martsId, batchId)
  const claim = await claimTarget(open, martsId, target, context)
  let countRows = 0
  for (const span of spans(days)) {
    context.signal.throwIfAborted()
    countRows += await fillDays(open, { target, martsId, span, staging: claim.staging }, context)
  }
  failpoint('dds_to_clickhouse.before_replace')
  await claim.assertCurrent()
  for (const day of days) {
    context.signal.throwIfAborted()
    await clickhouse.command({
      query: `alter table marts.${target} replace partition '${day}' from ${claim.staging}`,
    })
    failpoint('dds_to_clickhouse.between_days')
  }
  failpoint('dds_to_clickhouse.between_replace_and_watermark')
  await inTransaction(warehouse, async (client) => {
    await raiseFence(client, context.fence)
    await moveMartWatermark(client, { martsId, target, from: watermark, to: batchId })
  })
  await claim.release()
  context.log.info(`Loaded ${countRows} rows of ${days.length} days into marts.${target}`)
  return { countRows, days }
}

/** Days with an event of the batch, each in the zone of its source. */
async function batchDays(
  { warehouse }: Connections,
  martsId: string,
  batchId: string,
): Promise<string[]> {
  const { rows } = await warehouse.query<{ day: string }>(
    await sqlFile('marts/load/batch_days.sql'),
    [martsId, batchId],
  )
  return rows.map((row) => row.day)
}

const DAY_MS = 86_400_000

function spans(days: readonly string[]): string[][] {
  const result: string[][] = []
  for (const day of days) {
    const last = result.at(-1)
    const isNear =
      last !== undefined && Date.parse(day) - Date.parse(last[0]!) < DAYS_PER_COPY * DAY_MS
    if (isNear) last.push(day)
    else result.push([day])
  }
  return result
}

async function fillDays(
  { warehouse, clickhouse }: Connections,
  {
    target,
    martsId,
    span,
    staging,
  }: { target: string; martsId: string; span: string[]; staging: string },
  context: TaskContext,
): Promise<number> {
  return inTransaction(warehouse, async (client) => {
    // COPY takes no parameters: the statement reads them from settings of this transaction.
    await client.query(
      `select set_config('terrace.marts_id', $1, true), set_config('terrace.days', $2, true)`,
      [martsId, `{${span.join(',')}}`],
    )
    return copyToClickHouse(client, clickhouse, {
      query: await sqlFile(`marts/load/${target}.sql`),
      table: staging,
      columns: COLUMNS[target as FactTarget],
      signal: context.signal,
    })
  })
}
