// What a batch changes beside its own events, found once when it is frozen. Each step is a table with
// statistics of its own: how much a batch answers, no statistics of the vault can tell.

import type { Queryable } from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'

/** Of more, going by keys costs more than reading their days. */
const MOST_EVENTS = 20_000

/**
 * Notes the keys in dds.mart_batch_key. Call in the transaction that freezes the batch.
 *
 * @returns false, and no keys, where it is not known what the batch changes, or where that is too much:
 * then its days are loaded whole.
 */
export async function noteChanges(db: Queryable, batchId: string): Promise<boolean> {
  const { rows } = await db.query<{ count_events: string; has_keys: boolean }>(
    `select sum(load.count_staged) as count_events, bool_and(load.has_keys) as has_keys
     from dds.mart_batch_load
     inner join dds.load using (load_id)
     where batch_id = $1`,
    [batchId],
  )
  const countOwn = Number(rows[0]!.count_events)
  if (!rows[0]!.has_keys || countOwn > MOST_EVENTS) return false
  await noteKeys(db, batchId)
  if (countOwn + (await countTold(db, batchId)) <= MOST_EVENTS) return true
  await dropKeys(db, batchId)
  return false
}

async function noteKeys(db: Queryable, batchId: string): Promise<void> {
  await db.query(`select set_config('terrace.batch_id', $1, true)`, [batchId])
  for (const table of ['answers', 'visits']) {
    await db.query(
      `create temporary table ${table} on commit drop as ${await sqlFile(`marts/keys/${table}.sql`)}`,
    )
    await db.query(`analyze ${table}`)
  }
  await db.query(await sqlFile('marts/keys/batch_key.sql'), [batchId])
}

async function countTold(db: Queryable, batchId: string): Promise<number> {
  const { rows } = await db.query<{ count_events: string }>(
    await sqlFile('marts/keys/count_changes.sql'),
    [batchId, MOST_EVENTS + 1],
  )
  return Number(rows[0]!.count_events)
}

/** A batch that is published needs them no more. */
export async function dropKeys(db: Queryable, batchId: string): Promise<void> {
  await db.query('delete from dds.mart_batch_key where batch_id = $1', [batchId])
}
