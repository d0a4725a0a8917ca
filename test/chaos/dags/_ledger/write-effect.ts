// The effect of a task in a sink of its own, written as the warehouse's tasks write theirs: under the
// fence, in one transaction. The ledger is append-only, so that a write that should not have been
// possible stays to be seen.

import { connections } from '../../../../connections/index.ts'
import { inTransaction } from '../../../../connections/postgres.ts'
import { raiseFence } from '../../../../connections/warehouse-fence.ts'
import type { TaskContext } from '../../../../orchestrator/sdk/index.ts'

export interface EffectArgs {
  upstreams: string[]
}

export async function writeEffect({ upstreams }: EffectArgs, context: TaskContext): Promise<void> {
  const { warehouse } = await connections()
  const { taskInstanceId, value: fence } = context.fence
  const { dagId, runId, taskId } = context
  await inTransaction(warehouse, async (client) => {
    await raiseFence(client, context.fence)
    await client.query(
      `insert into chaos.ledger (task_instance_id, dag_id, run_id, task_id, fence, n_upstream_effects)
       select $1, $2, $3, $4, $5, (
         select count(*) from chaos.effect
         where dag_id = $2 and run_id = $3 and task_id = any($6))`,
      [taskInstanceId, dagId, runId, taskId, fence, upstreams],
    )
    await client.query(
      `insert into chaos.effect (task_instance_id, dag_id, run_id, task_id, fence)
       values ($1, $2, $3, $4, $5)
       on conflict (dag_id, run_id, task_id) do update set fence = excluded.fence`,
      [taskInstanceId, dagId, runId, taskId, fence],
    )
  })
}
