// Keeps the metadata small: what `db clean` and the scheduler's retention delete.

import { inTransaction, type Pool } from '../../connections/postgres.ts'

const CLEANABLE = [
  [
    'dag_run',
    `state in ('success', 'failed') and ended_at < $1
     and not exists (select from terrace.task_instance t
       where t.dag_run_id = target.id and t.state in ('running', 'restarting'))
     -- The schedule goes on from its last run: without it, catching up would begin anew.
     and (run_type <> 'scheduled' or exists (select from terrace.dag_run later
       where later.dag_id = target.dag_id and later.run_type = 'scheduled'
         and later.data_interval_end > target.data_interval_end))`,
  ],
  [
    'asset_event',
    `created_at < $1 and not exists (select from terrace.asset_pending p
     where p.asset_event_id = target.id)`,
  ],
  [
    'process',
    `state in ('stopped', 'lost') and ended_at < $1 and not exists (
     select from terrace.task_instance t where t.process_id = target.id)`,
  ],
  ['audit_log', 'at < $1'],
  ['web_session', 'expires_at < $1'],
  ['login_link', 'expires_at < $1'],
  ['api_token', 'expires_at < $1'],
  ['alert', `at < $1 and state <> 'pending'`],
  [
    'dag_version',
    `created_at < $1 and not exists (select from terrace.dag_run r
     where r.dag_version_id = target.id) and not exists (select from terrace.dag d
     where d.current_version_id = target.id)`,
  ],
] as const

/**
 * Deletes ended runs (with all that hangs on them; not a DAG's last scheduled one), consumed asset events, ended processes, audit
 * lines, alerts that were told and unused DAG versions from before a moment. Nothing that is still open is touched.
 *
 * @returns rows per table that were (or, on a dry run, would be) deleted.
 */
export async function cleanMetadata(
  pool: Pool,
  { before, dryRun }: { before: Date; dryRun: boolean },
): Promise<{ table: string; rows: number }[]> {
  return inTransaction(pool, async (client) => {
    const counts: { table: string; rows: number }[] = []
    for (const [table, condition] of CLEANABLE) {
      const { rows } = dryRun
        ? await client.query(
            `select count(*)::int as n from terrace.${table} target where ${condition}`,
            [before],
          )
        : await client.query(deletion(table, condition), [before])
      counts.push({ table, rows: rows[0].n })
    }
    return counts
  })
}

/** Runs take their task instances, attempts, outputs and logs along. */
function deletion(table: string, condition: string): string {
  if (table === 'dag_run')
    return `select terrace.delete_runs(array(
      select id from terrace.dag_run target where ${condition}), $1) as n`
  return `with deleted as (delete from terrace.${table} target where ${condition} returning 1)
    select count(*)::int as n from deleted`
}
