// The last step of raw → dds: the days that the loads reopen are written down while their staged
// events are still there; then the loads count as finished and dds → ClickHouse may take them.

import { connections } from '../../connections/index.ts'
import { inTransaction } from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import { raiseFence } from '../../connections/warehouse-fence.ts'
import { failpoint } from '../../orchestrator/sdk/failpoint.ts'
import { FailTask, type TaskContext } from '../../orchestrator/sdk/index.ts'
import { holdFinishing } from './load-locks.ts'
import { groupsOf, type LoadArgs } from './load-targets.ts'
import { analyzeChanged, tellChangesAtCommit } from './refresh-statistics.ts'

export async function finishLoads(
  { loads }: LoadArgs,
  context: TaskContext,
): Promise<{ finished: string[] }> {
  const { warehouse } = await connections()
  const finished: string[] = []
  for (const loadIds of groupsOf(loads.loadIds)) {
    context.signal.throwIfAborted()
    finished.push(
      ...(await inTransaction(warehouse, async (client) => {
        await raiseFence(client, context.fence)
        await holdFinishing(client)
        await client.query(await sqlFile('dds/load/load_day.sql'), [loadIds])
        const { rows } = await client.query<{ load_id: string }>(
          await sqlFile('dds/load/finish_loads.sql'),
          [loadIds],
        )
        await tellChangesAtCommit(client)
        failpoint('raw_to_dds.before_finish_commit')
        return rows.map((row) => row.load_id)
      })),
    )
  }
  await refuseUnfinished(loads.loadIds)
  // The staged events are gone.
  await analyzeChanged(warehouse)
  return { finished }
}

/** A load that ended in an attempt before this one is finished, too. */
async function refuseUnfinished(loadIds: readonly string[]): Promise<void> {
  const { warehouse } = await connections()
  const { rows } = await warehouse.query<{ load_id: string }>(
    `select load_id from dds.load
     where load_id = any($1::bigint[]) and state <> 'finished'
     order by load_id`,
    [loadIds],
  )
  if (rows.length === 0) return
  throw new FailTask(
    `Loads ${rows.map((row) => row.load_id).join(', ')} are not finished: dds.nl_event lacks some of ` +
      'their events. Clear the tasks that load them, then this one.',
  )
}
