// A batch that cannot be published for a reason of its own is set aside: its loads count as not listed,
// so that the loads after it go on without its rows, and tables that may hold some of them load its days
// anew with their next batch. Asked for again, its loads become a batch of their own.
//
// One of a source at a time: when the batch after it fails as well, the reason is not the batch's, and nothing more
// is set aside until something of the source has been published.

import type { Queryable } from '../../connections/postgres.ts'
import { dropKeys } from './batch-changes.ts'
import type { SourceOfMarts } from './source-batch.ts'

/** A batch that fails in so many runs is set aside by the next one. */
export const RUNS_UNTIL_SET_ASIDE = 3

/** Call with the lock of the batches (batches.ts). */
export async function setAsideIfDue(
  db: Queryable,
  { martsId, source }: SourceOfMarts,
  batchId: string,
  runId: string,
): Promise<boolean> {
  const { rows } = await db.query<{ count_runs: number; problem: string; is_next: boolean }>(
    `select
       count(distinct run_id)::int as count_runs,
       (array_agg(task_id || ': ' || problem order by failed_at, task_id))[1] as problem,
       exists (
         select from dds.mart_batch
         where marts_id = $1
           and source = $4
           and state = 'set_aside'
           and set_aside_at > coalesce(
             (
               select max(published_at) from dds.mart_batch
               where marts_id = $1 and source = $4
             ),
             '-infinity'
           )
       ) as is_next
     from dds.mart_batch_failure
     where batch_id = $2 and run_id <> $3 and is_own`,
    [martsId, batchId, runId, source],
  )
  const { count_runs: countRuns, problem, is_next: isNext } = rows[0]!
  if (countRuns < RUNS_UNTIL_SET_ASIDE || isNext) return false
  await setAside(db, martsId, batchId, `${countRuns} runs failed with it. ${problem}`)
  return true
}

/** @param toldIn null: the next run alerts of it */
export async function setAside(
  db: Queryable,
  martsId: string,
  batchId: string,
  problem: string,
  toldIn: string | null = null,
): Promise<void> {
  await db.query(
    `with listed as (
       delete from dds.mart_batch_load
       where marts_id = $1 and batch_id = $2
       returning source, load_id
     ),
     aside as (
       insert into dds.mart_load_aside (marts_id, source, load_id, batch_id)
       select $1, source, load_id, $2
       from listed
     )
     update dds.mart_batch
     set state = 'set_aside', set_aside_at = clock_timestamp(), problem = $3, told_in = $4
     where batch_id = $2`,
    [martsId, batchId, problem, toldIn],
  )
  await dropKeys(db, batchId)
}

/** Call before rows of the batch are published in a table. */
export async function noteTarget(
  db: Queryable,
  martsId: string,
  target: string,
  batchId: string | null,
): Promise<void> {
  if (batchId === null) return
  await db.query(
    `insert into dds.mart_batch_target (marts_id, target, batch_id)
     values ($1, $2, $3)
     on conflict do nothing`,
    [martsId, target, batchId],
  )
}

/** Call when a table holds a batch of a source: what earlier ones left there was loaded anew. */
export async function forgetTargets(
  db: Queryable,
  { martsId, source }: SourceOfMarts,
  target: string,
  batchId: string,
): Promise<void> {
  await db.query(
    `delete from dds.mart_batch_target as held
     using dds.mart_batch as batch
     where held.marts_id = $1
       and held.target = $2
       and held.batch_id < $3
       and batch.batch_id = held.batch_id
       and batch.source = $4`,
    [martsId, target, batchId, source],
  )
}

/** Days on which a table may hold rows of a batch that was set aside. */
export async function readDaysAside(
  db: Queryable,
  { martsId, source }: SourceOfMarts,
  target: string,
): Promise<string[]> {
  const { rows } = await db.query<{ day: string }>(
    `select distinct day
     from dds.mart_batch_target as held
     inner join dds.mart_batch as batch using (batch_id)
     inner join dds.mart_batch_day using (batch_id)
     where held.marts_id = $1
       and held.target = $2
       and batch.source = $3
       and batch.state in ('set_aside', 'retried')`,
    [martsId, target, source],
  )
  return rows.map(({ day }) => day)
}
