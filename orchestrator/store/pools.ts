// Pools as a person changes them. The statements that admit tasks keep `occupied_slots` themselves.

import { inTransaction, type Pool, type Queryable } from '../../connections/postgres.ts'
import { ENDED_STATES } from '../graph/states.ts'
import { audit } from './dags.ts'
import { StoreError } from './store-error.ts'

export const DEFAULT_POOL = 'default_pool'

export interface PoolSettings {
  name: string
  slots: number
  /** What it was before, when left out. */
  description?: string | undefined
}

/** Makes the pool or changes it. Fewer slots than are taken stop no task; they let none follow. */
export async function setPool(pool: Pool, settings: PoolSettings, actor: string): Promise<void> {
  const { name, slots, description } = settings
  await inTransaction(pool, async (client) => {
    await client.query(
      `insert into terrace.pool as p (name, slots, description) values ($1, $2, $3)
       on conflict (name) do update set slots = excluded.slots,
         description = coalesce(excluded.description, p.description)`,
      [name, slots, description],
    )
    await audit(client, actor, 'pool.set', { detail: { name, slots } })
    await client.query(`select pg_notify('terrace_scheduler', 'pool_changed')`)
  })
}

/** @throws StoreError for the default pool, one that is not there, and one that tasks need */
export async function deletePool(pool: Pool, name: string, actor: string): Promise<void> {
  await inTransaction(pool, async (client) => {
    // Nothing is admitted to it meanwhile.
    const { rowCount } = await client.query('select from terrace.pool where name = $1 for update', [
      name,
    ])
    if (rowCount === 0) throw StoreError.poolNotFound(name)
    await checkDeletable(client, name)
    await client.query('delete from terrace.pool where name = $1', [name])
    await audit(client, actor, 'pool.delete', { detail: { name } })
  })
}

/** @throws StoreError for the default pool and one that tasks need */
export async function checkDeletable(db: Queryable, name: string): Promise<void> {
  const user = await userOf(db, name)
  if (user !== null) throw StoreError.poolInUse(name, user)
}

/** Who would wait for ever, or no longer load, without the pool. */
async function userOf(db: Queryable, name: string): Promise<string | null> {
  if (name === DEFAULT_POOL) return 'tasks that name no pool take theirs from it'
  const { rows: dags } = await db.query<{ dagId: string }>(
    `select distinct d.dag_id as "dagId" from terrace.dag d
     join terrace.dag_task t on t.dag_version_id = d.current_version_id
     where t.pool = $1 and not d.is_stale order by 1 limit 3`,
    [name],
  )
  if (dags.length > 0) return `tasks of ${dags.map((dag) => `"${dag.dagId}"`).join(', ')} name it`
  const { rows } = await db.query<{ waiting: number }>(
    `select count(*)::int as waiting from terrace.task_instance
     where pool = $1 and state <> all($2)`,
    [name, ENDED_STATES],
  )
  return rows[0]!.waiting > 0 ? `${rows[0]!.waiting} task instances of it have not ended` : null
}
