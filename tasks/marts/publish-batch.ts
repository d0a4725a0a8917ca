import { connections } from '../../connections/index.ts'
import { inTransaction } from '../../connections/postgres.ts'
import { raiseFence } from '../../connections/warehouse-fence.ts'
import { FailTask, type TaskContext } from '../../orchestrator/sdk/index.ts'
import { dropKeys } from './batch-changes.ts'
import type { MartBatch } from './freeze-batch.ts'
import { holds } from './targets.ts'

/**
 * Ends the batch once every target has it; the next one can be frozen then. Of two runs of a batch
 * the second finds it published.
 */
export async function publishBatch(
  { batch, targets }: { batch: MartBatch; targets: string[] },
  context: TaskContext,
): Promise<{ batchId: string | null }> {
  const { warehouse } = await connections()
  const { martsId, batchId, source } = batch
  if (batchId === null || source === null) return { batchId }
  await inTransaction(warehouse, async (client) => {
    await raiseFence(client, context.fence)
    const { rows } = await client.query<{ target: string }>(
      `select wanted.target
       from unnest($3::text[]) as wanted (target)
       inner join dds.mart_batch as batch
         on batch.marts_id = $1 and batch.batch_id = $2 and batch.state = 'frozen'
       left join dds.mart_watermark as watermark
         on watermark.marts_id = $1
         and watermark.source = batch.source
         and watermark.target = wanted.target
       where watermark.batch_id is distinct from batch.batch_id`,
      [martsId, batchId, targets.filter((target) => holds(target, source))],
    )
    if (rows.length > 0) {
      const missing = rows.map((row) => row.target).join(', ')
      throw new FailTask(
        `Batch ${batchId} is not in ${missing} yet. Clear the tasks that load them, then this one.`,
      )
    }
    await client.query(
      `update dds.mart_batch
       set state = 'published', published_at = clock_timestamp()
       where marts_id = $1 and batch_id = $2 and state = 'frozen'`,
      [martsId, batchId],
    )
    await dropKeys(client, batchId)
  })
  return { batchId }
}
