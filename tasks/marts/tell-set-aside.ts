// The alert of a batch that was set aside: a task that fails once for each, since a failed task is what
// alerts are made of. The marts of its run go on beside it.

import { connections } from '../../connections/index.ts'
import { inTransaction } from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import { raiseFence } from '../../connections/warehouse-fence.ts'
import { DataCheckFailed, type TaskContext } from '../../orchestrator/sdk/index.ts'
import type { MartBatch } from './freeze-batch.ts'

export type BatchStatus = {
  batch_id: string
  source: string
  state: 'frozen' | 'set_aside'
  loads: number
  events: string
  first_day: string | null
  last_day: string | null
  frozen_at: string
  failed_runs: number
  problem: string | null
}

/** @throws DataCheckFailed that says which batch, why and what to do; each batch in one run. */
export async function tellSetAside(
  { batch: { martsId } }: { batch: MartBatch },
  context: TaskContext,
): Promise<{ setAside: number }> {
  const { warehouse } = await connections()
  const untold = await inTransaction(warehouse, async (client) => {
    await raiseFence(client, context.fence)
    // An attempt that died before it could tell has its run in the row: the next attempt tells.
    await client.query(
      `update dds.mart_batch set told_in = $2
       where marts_id = $1 and state = 'set_aside' and told_in is null`,
      [martsId, context.runId],
    )
    const { rows } = await client.query<{ batch_id: string }>(
      `select batch_id from dds.mart_batch
       where marts_id = $1 and state = 'set_aside' and told_in = $2`,
      [martsId, context.runId],
    )
    return new Set(rows.map(({ batch_id }) => batch_id))
  })
  const { rows } = await warehouse.query<BatchStatus>(await sqlFile('dds/status/batches.sql'))
  const aside = rows.filter(({ state }) => state === 'set_aside')
  const told = aside.filter(({ batch_id }) => untold.has(batch_id))
  if (told.length === 0) return { setAside: aside.length }
  throw new DataCheckFailed(told.map(textOf).join('\n'))
}

function textOf({ batch_id: id, ...batch }: BatchStatus): string {
  const days = batch.first_day === batch.last_day ? '' : ` to ${batch.last_day}`
  return (
    `Batch ${id} of source ${batch.source} was set aside: ${batch.problem} It has ${batch.loads} loads with ` +
    `${batch.events} events, and reopens ${batch.first_day ?? 'no day'}${days}. The marts go on ` +
    `without its rows. Mend the cause, then take it up again: terrace batches retry ${id}`
  )
}
