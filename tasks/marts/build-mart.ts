// A mart from the facts, inside ClickHouse: built whole in a staging table, then swapped in by one
// statement, so that readers see the old mart or the new one and nothing between.

import { connections } from '../../connections/index.ts'
import { inTransaction } from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import { raiseFence } from '../../connections/warehouse-fence.ts'
import { failpoint } from '../../orchestrator/sdk/failpoint.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import { assertBatchUnchanged, moveMartWatermark, readMartWatermark } from './batches.ts'
import type { MartBatch } from './freeze-batch.ts'
import { claimTarget } from './target-claim.ts'

export type MartTarget = 'active_users_7d'

export async function buildMart(
  { target, batch }: { target: MartTarget; batch: MartBatch },
  context: TaskContext,
): Promise<{ isBuilt: boolean }> {
  const open = await connections()
  const { warehouse, clickhouse } = open
  const { martsId, batchId } = batch
  if (batchId === null) return { isBuilt: false }
  const watermark = await readMartWatermark(warehouse, martsId, target)
  if (watermark === batchId) return { isBuilt: false }
  await assertBatchUnchanged(warehouse, martsId, batchId)
  const claim = await claimTarget(open, martsId, target, context)
  await clickhouse.command({
    query: `insert into ${claim.staging} ${await sqlFile(`marts/load/${target}.sql`)}`,
    abort_signal: context.signal,
  })
  failpoint('dds_to_clickhouse.before_mart_replace')
  await claim.assertCurrent()
  await clickhouse.command({
    query: `alter table marts.${target} replace partition tuple() from ${claim.staging}`,
  })
  await inTransaction(warehouse, async (client) => {
    await raiseFence(client, context.fence)
    await moveMartWatermark(client, { martsId, target, from: watermark, to: batchId })
  })
  await claim.release()
  context.log.info(`Built marts.${target} of batch ${batchId}`)
  return { isBuilt: true }
}
