import { loadEnvironment } from '../../connections/environment.ts'
import { connections } from '../../connections/index.ts'
import { readMartsId } from '../../connections/marts-identity.ts'
import { inTransaction } from '../../connections/postgres.ts'
import { raiseFence } from '../../connections/warehouse-fence.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import { takeBatch } from './batches.ts'
import { type Rebuild, readRebuild, rebuildText } from './rebuild.ts'

/** What the tasks below load: the same for all of them, and for their retries. */
export interface MartBatch {
  martsId: string
  /** null: no load has finished since the last batch. */
  batchId: string | null
  countLoads: number
  /** The currency of all amounts in the marts. */
  reportingCurrency: string
  /** What is built anew beside the batch. */
  rebuild: Rebuild | null
}

export async function freezeBatch(_args: unknown, context: TaskContext): Promise<MartBatch> {
  const rebuild = readRebuild(context.conf)
  if (rebuild) context.log.info(`This run builds anew: ${rebuildText(rebuild)}`)
  const { warehouse, clickhouse } = await connections()
  const martsId = await readMartsId({ warehouse, clickhouse })
  const batch = await inTransaction(warehouse, async (client) => {
    await raiseFence(client, context.fence)
    return takeBatch(client, martsId, context.runId)
  })
  context.log.info(
    batch
      ? `Batch ${batch.batchId}, loads in it: ${batch.countLoads}`
      : 'No load waits for the marts',
  )
  return {
    martsId,
    batchId: batch?.batchId ?? null,
    countLoads: batch?.countLoads ?? 0,
    reportingCurrency: loadEnvironment().REPORTING_CURRENCY,
    rebuild,
  }
}

/** Gate of dds_to_clickhouse. */
export function checkBatch({ batch }: { batch: MartBatch }): boolean {
  return batch.batchId !== null || batch.rebuild !== null
}
