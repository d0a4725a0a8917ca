// The alert of a source that is late or silent: a task that fails once for each, since a failed task is
// what alerts are made of. The DAG that should take its messages on may be paused: this one is another.
//
// A delay is told by the second run that sees it. After a time without a scheduler everything is late for a
// moment.

import { connections } from '../../connections/index.ts'
import { inTransaction, type Pool } from '../../connections/postgres.ts'
import { readSourceRules } from '../../connections/source-rules.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import { declaredTopics } from '../../connections/topics.ts'
import { raiseFence } from '../../connections/warehouse-fence.ts'
import { DataCheckFailed, type TaskContext } from '../../orchestrator/sdk/index.ts'
import { type Delay, delaysOf, type Waiting } from './delays.ts'
import { waitingInLog } from './waiting-in-log.ts'

/** @throws DataCheckFailed that names each source, what waits where, and what to do. */
export async function checkSources(
  _args: unknown,
  context: TaskContext,
): Promise<{ delayed: string[] }> {
  const { warehouse, eventLog } = await connections()
  const waiting: Waiting[] = []
  for (const { topic } of declaredTopics()) {
    waiting.push(...(await waitingInLog(warehouse, eventLog, topic, context.signal)))
  }
  const landed = await warehouse.query<Waiting>(await sqlFile('dds/status/waiting_messages.sql'))
  waiting.push(...landed.rows)
  const rules = readSourceRules()
  const { newest, now } = await newestOf(warehouse, rules)
  const delays = delaysOf(rules, { waiting, newest, now })
  const told = await noteDelays(warehouse, delays, context)
  if (told.length > 0) throw new DataCheckFailed(told.map(({ detail }) => detail).join('\n'))
  return { delayed: delays.map(({ source }) => source) }
}

async function newestOf(
  warehouse: Pool,
  rules: readonly { source: string }[],
): Promise<{ newest: Map<string, Date>; now: Date }> {
  const { rows } = await warehouse.query<{ source: string; newest_at: Date }>(
    await sqlFile('dds/status/newest_of_sources.sql'),
  )
  const { rows: times } = await warehouse.query<{ created_at: Date; now: Date }>(
    'select created_at, clock_timestamp() as now from warehouse.marker',
  )
  const { created_at: madeAt, now } = times[0]!
  const came = new Map(rows.map(({ source, newest_at }) => [source, newest_at]))
  return { newest: new Map(rules.map(({ source }) => [source, came.get(source) ?? madeAt])), now }
}

/** Those that this run has to tell: seen by a run before it, and told by none. */
async function noteDelays(
  warehouse: Pool,
  delays: readonly Delay[],
  context: TaskContext,
): Promise<Delay[]> {
  return inTransaction(warehouse, async (client) => {
    await raiseFence(client, context.fence)
    const now = [delays.map(({ source }) => source), delays.map(({ problem }) => problem)]
    await client.query(
      `delete from dds.source_delay
       where (source, problem) not in (select * from unnest($1::text[], $2::text[]))`,
      now,
    )
    await client.query(
      `insert into dds.source_delay (source, problem, seen_in)
       select delay.*, $3 from unnest($1::text[], $2::text[]) as delay
       on conflict do nothing`,
      [...now, context.runId],
    )
    // An attempt that died before it could tell has its run in the row: the next attempt tells.
    await client.query(
      'update dds.source_delay set told_in = $1 where told_in is null and seen_in <> $1',
      [context.runId],
    )
    const { rows } = await client.query<{ source: string; problem: string }>(
      'select source, problem from dds.source_delay where told_in = $1',
      [context.runId],
    )
    return delays.filter((delay) =>
      rows.some((row) => row.source === delay.source && row.problem === delay.problem),
    )
  })
}
