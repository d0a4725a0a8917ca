import { loadEnvironment } from '../../connections/environment.ts'
import { connections } from '../../connections/index.ts'
import { readMartsId } from '../../connections/marts-identity.ts'
import { inTransaction, type Queryable } from '../../connections/postgres.ts'
import { raiseFence } from '../../connections/warehouse-fence.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import { type Rebuild, readRebuild, rebuildText } from './rebuild.ts'
import { takeBatch } from './take-batch.ts'

/** What the tasks below load: the same for all of them, and for their retries. */
export interface MartBatch {
  martsId: string
  /** null: no load waits for the marts. */
  batchId: string | null
  /** Of which source the batch is. */
  source: string | null
  countLoads: number
  /** The currency of all amounts in the marts. */
  reportingCurrency: string
  /** What is built anew beside the batch. */
  rebuild: Rebuild | null
}

export interface FreezeArgs {
  /** Of more, a batch is parted: a backlog is taken piece by piece. */
  eventsPerBatch?: number
}

export async function freezeBatch(
  { eventsPerBatch = 200_000 }: FreezeArgs,
  context: TaskContext,
): Promise<MartBatch> {
  const { warehouse, clickhouse } = await connections()
  const rebuild = readRebuild(context.conf, await readSources(warehouse))
  if (rebuild) context.log.info(`This run builds anew: ${rebuildText(rebuild)}`)
  const martsId = await readMartsId({ warehouse, clickhouse })
  const batch = await inTransaction(warehouse, async (client) => {
    await raiseFence(client, context.fence)
    return takeBatch(client, { martsId, runId: context.runId, eventsPerBatch })
  })
  context.log.info(
    batch
      ? `Batch ${batch.batchId} of source ${batch.source}, loads in it: ${batch.countLoads}`
      : 'No load waits for the marts',
  )
  return {
    martsId,
    batchId: batch?.batchId ?? null,
    source: batch?.source ?? null,
    countLoads: batch?.countLoads ?? 0,
    reportingCurrency: loadEnvironment().REPORTING_CURRENCY,
    rebuild,
  }
}

/** Those that have anything to build: the sources of loads, and of tables that were loaded. */
async function readSources(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ source: string }>(
    `select source
     from (
       select source from dds.ref_source
       union
       select source from dds.mart_watermark
     ) as known
     where exists (select from dds.load_day where load_day.source = known.source)
       or exists (select from dds.mart_watermark where mart_watermark.source = known.source)
     order by source`,
  )
  return rows.map(({ source }) => source)
}

/** Gate of dds_to_clickhouse. */
export function checkBatch({ batch }: { batch: MartBatch }): boolean {
  return batch.batchId !== null || batch.rebuild !== null
}
