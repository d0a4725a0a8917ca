// The planner's statistics of dds after a load. Autovacuum looks once a minute, and what reads a load
// comes at once: on tables that it had last seen empty, the facts of 116,000 events took 27 s instead
// of 3 s, because the planner read all sessions once for each event, and the
// accounting of 200,000 messages three times as long.

import { connections } from '../../connections/index.ts'
import type { Pool, PoolClient } from '../../connections/postgres.ts'
import { eachInLanes } from '../../connections/side-by-side.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'

const ANALYZED_AT_ONCE = 2

/** A task: analyzes what the targets of a load have grown. */
export async function refreshStatistics(
  _args: unknown,
  context: TaskContext,
): Promise<{ analyzed: string[] }> {
  const { warehouse } = await connections()
  const analyzed = await analyzeChanged(warehouse)
  if (analyzed.length > 0) context.log.info(`Analyzed ${analyzed.join(', ')}`)
  return { analyzed }
}

/**
 * Analyzes the tables of dds that have changed by more than a tenth since they were last analyzed.
 * Resolves with their names. Postgres skips, with a warning, those that are another role's.
 */
export async function analyzeChanged(warehouse: Pool): Promise<string[]> {
  const { rows } = await warehouse.query<{ name: string }>(
    `select format('%I.%I', schemaname, relname) as name
     from pg_stat_user_tables
     where schemaname = 'dds' and n_mod_since_analyze > 500 + n_live_tup / 10
     order by name`,
  )
  await eachInLanes(rows, ANALYZED_AT_ONCE, async ({ name }) => {
    await warehouse.query(`analyze ${name}`)
  })
  return rows.map(({ name }) => name)
}

/** Others see with the commit how many rows it changed; Postgres would tell them up to 10 s later. */
export async function tellChangesAtCommit(client: PoolClient): Promise<void> {
  await client.query('select pg_stat_force_next_flush()')
}
