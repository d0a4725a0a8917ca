// Which loads a run takes to the marts: those of one source, frozen as its batch.

import type { Queryable } from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import { noteChanges } from './batch-changes.ts'
import { HASH, lockBatches } from './batches.ts'
import { setAsideIfDue } from './set-aside.ts'
import type { SourceOfMarts } from './source-batch.ts'

export interface FrozenBatch {
  batchId: string
  /** The source whose rows it takes to the marts. */
  source: string
  countLoads: number
}

/** A load of more than this part of a batch belongs to a backlog. */
const LARGE_PART = 0.1

interface Taking {
  martsId: string
  runId: string
  eventsPerBatch: number
}

/**
 * A batch of the source whose turn it is: the one under way, or a new one of finished loads that no batch
 * has; null when no source has any. Call in a transaction: loads and days are frozen together, and a second
 * run waits and takes the same. The sources take turns, so that one whose batch fails goes last.
 *
 * A batch that was set aside and is asked for again goes before new loads, alone.
 */
export async function takeBatch(db: Queryable, taking: Taking): Promise<FrozenBatch | null> {
  const { martsId, runId } = taking
  await lockBatches(db, martsId)
  const { rows } = await db.query<{ source: string }>(await sqlFile('marts/batches/turns.sql'), [
    martsId,
    runId,
  ])
  for (const { source } of rows) {
    const taken = await takeBatchOf(db, { martsId, source }, taking)
    if (taken === null) continue
    await db.query(
      `insert into dds.mart_turn (marts_id, source, run_id)
       values ($1, $2, $3)
       on conflict (marts_id, source) do update
       set run_id = excluded.run_id, taken_at = clock_timestamp()`,
      [martsId, source, runId],
    )
    return taken
  }
  return null
}

async function takeBatchOf(
  db: Queryable,
  of: SourceOfMarts,
  { runId, eventsPerBatch }: Taking,
): Promise<FrozenBatch | null> {
  const under = await db.query<{ batch_id: string; count_loads: number }>(
    `select batch_id, count_loads
     from dds.mart_batch
     where marts_id = $1 and source = $2 and state = 'frozen'`,
    [of.martsId, of.source],
  )
  const found = under.rows[0]
  if (found !== undefined && !(await setAsideIfDue(db, of, found.batch_id, runId))) {
    return { batchId: found.batch_id, source: of.source, countLoads: found.count_loads }
  }
  const made =
    (await freezeRetried(db, of, eventsPerBatch)) ?? (await freezeWaiting(db, of, eventsPerBatch))
  if (made === null) return null
  const isWhole = !(await noteChanges(db, made.batchId))
  await db.query(await sqlFile('marts/batches/batch_days.sql'), [made.batchId, isWhole])
  return made
}

async function freezeRetried(
  db: Queryable,
  of: SourceOfMarts,
  eventsPerBatch: number,
): Promise<FrozenBatch | null> {
  const { rows } = await db.query<{ batch_id: string }>(
    `select batch_id from dds.mart_batch
     where marts_id = $1
       and source = $2
       and state = 'set_aside'
       and retry_asked_at is not null
     order by retry_asked_at, batch_id
     limit 1`,
    [of.martsId, of.source],
  )
  const former = rows[0]?.batch_id
  if (former === undefined) return null
  // Before its loads are no more set aside, or they would wait like new ones.
  const waiting = await readWaiting(db, of, eventsPerBatch)
  const loads = await db.query<{ load_id: string }>(
    'delete from dds.mart_load_aside where batch_id = $1 returning load_id',
    [former],
  )
  const made = await freeze(
    db,
    of,
    loads.rows.map(({ load_id: loadId }) => loadId),
    waiting,
  )
  await db.query(`update dds.mart_batch set state = 'retried' where batch_id = $1`, [former])
  return made
}

async function freezeWaiting(
  db: Queryable,
  of: SourceOfMarts,
  eventsPerBatch: number,
): Promise<FrozenBatch | null> {
  const waiting = await readWaiting(db, of, eventsPerBatch)
  let countEvents = 0
  const countTaken = waiting.findIndex((load, nth) => {
    countEvents += load.countEvents
    return nth > 0 && countEvents > eventsPerBatch
  })
  const taken = countTaken === -1 ? waiting : waiting.slice(0, countTaken)
  if (taken.length === 0) return null
  const left = waiting.slice(taken.length)
  return freeze(
    db,
    of,
    taken.map(({ loadId }) => loadId),
    left,
  )
}

interface WaitingLoad {
  loadId: string
  countEvents: number
  finishedAt: string
}

/** In the order in which batches take them. */
export async function readWaiting(
  db: Queryable,
  { martsId, source }: SourceOfMarts,
  eventsPerBatch = 0,
): Promise<WaitingLoad[]> {
  const { rows } = await db.query<{ load_id: string; count_events: string; finished_at: string }>(
    await sqlFile('marts/batches/waiting.sql'),
    [martsId, source, Math.ceil(eventsPerBatch * LARGE_PART)],
  )
  return rows.map((row) => ({
    loadId: row.load_id,
    countEvents: Number(row.count_events),
    finishedAt: row.finished_at,
  }))
}

/** @param left the loads that go on waiting */
async function freeze(
  db: Queryable,
  { martsId, source }: SourceOfMarts,
  loadIds: readonly string[],
  left: readonly WaitingLoad[],
): Promise<FrozenBatch> {
  const { rows } = await db.query<{ batch_id: string; count_loads: number }>(
    `with taken as (
       select load_id from unnest($3::bigint[]) as l (load_id)
     ),
     frozen as (
       insert into dds.mart_batch (
         marts_id, source, state, count_loads, load_ids_hash, waiting_since
       )
       select
         $1, $2, 'frozen', count(*), ${HASH},
         (select min(since) from unnest($4::timestamptz[]) as w (since))
       from taken
       returning batch_id, count_loads
     ),
     listed as (
       insert into dds.mart_batch_load (marts_id, source, load_id, batch_id)
       select $1, $2, taken.load_id, frozen.batch_id
       from taken
       cross join frozen
     )
     select batch_id, count_loads from frozen`,
    [martsId, source, loadIds, left.map(({ finishedAt }) => finishedAt)],
  )
  const made = rows[0]!
  return { batchId: made.batch_id, source, countLoads: made.count_loads }
}
