// A batch is a frozen list of finished loads, and of the days that they reopen, on its way to the
// marts. What a batch holds never changes, so a retry loads the same; its hash proves it.

import type { Queryable } from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import { noteChanges } from './batch-changes.ts'
import type { MartBatch } from './freeze-batch.ts'
import { forgetTargets, setAsideIfDue } from './set-aside.ts'
import type { Target } from './targets.ts'

export class BatchChangedError extends Error {
  override name = 'BatchChangedError'
}

export class MartWatermarkMovedError extends Error {
  override name = 'MartWatermarkMovedError'
}

const HASH = `md5(coalesce(string_agg(load_id::text, ',' order by load_id), ''))::uuid`

export interface FrozenBatch {
  batchId: string
  countLoads: number
}

/**
 * The batch under way, or a new one of all finished loads that no batch has; null without any. Call
 * in a transaction: loads and days are frozen together, and a second run waits and takes the same.
 *
 * A batch that was set aside and is asked for again goes before new loads, alone.
 */
export async function takeBatch(
  db: Queryable,
  martsId: string,
  runId: string,
): Promise<FrozenBatch | null> {
  await lockBatches(db, martsId)
  const waiting = await db.query<{ batch_id: string; count_loads: number }>(
    `select batch_id, count_loads from dds.mart_batch where marts_id = $1 and state = 'frozen'`,
    [martsId],
  )
  const found = waiting.rows[0]
  if (found !== undefined && !(await setAsideIfDue(db, martsId, found.batch_id, runId))) {
    return { batchId: found.batch_id, countLoads: found.count_loads }
  }
  const made = (await freezeRetried(db, martsId)) ?? (await freeze(db, martsId, UNLISTED, []))
  if (made === null) return null
  const isWhole = !(await noteChanges(db, made.batchId))
  await db.query(await sqlFile('marts/batches/batch_days.sql'), [made.batchId, isWhole])
  return made
}

/** Held until the end of the transaction: who freezes a batch or sets one aside waits for the others. */
export async function lockBatches(db: Queryable, martsId: string): Promise<void> {
  await db.query(
    `select pg_advisory_xact_lock(hashtextextended('terrace marts batch ' || $1, 0))`,
    [martsId],
  )
}

const UNLISTED = `
  select load.load_id
  from dds.load
  left join dds.mart_batch_load as taken
    on taken.load_id = load.load_id and taken.marts_id = $1
  left join dds.mart_load_aside as aside
    on aside.load_id = load.load_id and aside.marts_id = $1
  where load.state = 'finished' and taken.load_id is null and aside.load_id is null`

async function freezeRetried(db: Queryable, martsId: string): Promise<FrozenBatch | null> {
  const { rows } = await db.query<{ batch_id: string }>(
    `select batch_id from dds.mart_batch
     where marts_id = $1 and state = 'set_aside' and retry_asked_at is not null
     order by retry_asked_at, batch_id
     limit 1`,
    [martsId],
  )
  const former = rows[0]?.batch_id
  if (former === undefined) return null
  const loads = 'delete from dds.mart_load_aside where batch_id = $2 returning load_id'
  const made = await freeze(db, martsId, loads, [former])
  await db.query(`update dds.mart_batch set state = 'retried' where batch_id = $1`, [former])
  return made
}

/** @param loads the statement that says which; $1 are the marts */
async function freeze(
  db: Queryable,
  martsId: string,
  loads: string,
  parameters: readonly unknown[],
): Promise<FrozenBatch | null> {
  const { rows } = await db.query<{ batch_id: string; count_loads: number }>(
    `with waiting as (${loads}),
     frozen as (
       insert into dds.mart_batch (marts_id, state, count_loads, load_ids_hash)
       select $1, 'frozen', count(*), ${HASH}
       from waiting
       having count(*) > 0
       returning batch_id, count_loads
     ),
     listed as (
       insert into dds.mart_batch_load (marts_id, load_id, batch_id)
       select $1, waiting.load_id, frozen.batch_id
       from waiting
       cross join frozen
     )
     select batch_id, count_loads from frozen`,
    [martsId, ...parameters],
  )
  const made = rows[0]
  return made === undefined ? null : { batchId: made.batch_id, countLoads: made.count_loads }
}

export interface BatchDay {
  day: string
  /** Otherwise only what the batch changes of it. */
  isWhole: boolean
}

/** The days that a batch reopens. */
export async function readBatchDays(db: Queryable, batchId: string): Promise<BatchDay[]> {
  const { rows } = await db.query<{ day: string; is_whole: boolean }>(
    `select day, bool_or(is_whole) as is_whole
     from dds.mart_batch_day
     where batch_id = $1
     group by day`,
    [batchId],
  )
  return rows.map((row) => ({ day: row.day, isWhole: row.is_whole }))
}

/** The batch before this one, of those that were not set aside; null for the first. */
export async function readBatchBefore(
  db: Queryable,
  martsId: string,
  batchId: string,
): Promise<string | null> {
  const { rows } = await db.query<{ batch_id: string | null }>(
    `select max(batch_id) as batch_id
     from dds.mart_batch
     where marts_id = $1 and batch_id < $2 and state in ('frozen', 'published')`,
    [martsId, batchId],
  )
  return rows[0]!.batch_id
}

/**
 * Whether the batch still has to be loaded: false when another run has published it meanwhile.
 *
 * @throws BatchChangedError when the list is not the one that was frozen.
 */
export async function isUnderWay(
  db: Queryable,
  martsId: string,
  batchId: string,
): Promise<boolean> {
  const { rows } = await db.query<{ state: string; is_same: boolean }>(
    `select batch.state, batch.load_ids_hash = (
       select ${HASH} from dds.mart_batch_load where marts_id = $1 and batch_id = $2
     ) as is_same
     from dds.mart_batch as batch
     where batch.marts_id = $1 and batch.batch_id = $2`,
    [martsId, batchId],
  )
  if (rows[0]?.is_same === true) return rows[0].state === 'frozen'
  if (rows[0]?.state === 'set_aside') {
    throw new BatchChangedError(
      `Batch ${batchId} was set aside while this run loaded it: see \`terrace batches list\`. The next ` +
        'run of dds_to_clickhouse goes on with what came after it.',
    )
  }
  throw new BatchChangedError(
    `Batch ${batchId} of marts ${martsId}: its list of loads is not the one that was frozen, or it is ` +
      'of other marts. Trigger dds_to_clickhouse again; if this stays, rebuild the marts.',
  )
}

/** A batch that another run has begun since this one was frozen; for null, one that it is loading. */
export async function readBatchBeside(
  db: Queryable,
  martsId: string,
  batchId: string | null,
): Promise<string | null> {
  const { rows } = await db.query<{ batch_id: string }>(
    `select batch_id from dds.mart_batch
     where marts_id = $1
       and case when $2::bigint is null then state = 'frozen' else batch_id > $2::bigint end
     order by batch_id desc
     limit 1`,
    [martsId, batchId],
  )
  return rows[0]?.batch_id ?? null
}

export interface MartWatermark {
  /** The last batch that the table holds. */
  batchId: string
  reportingCurrency: string | null
}

/** null before the first load of the table. */
export async function readMartWatermark(
  db: Queryable,
  martsId: string,
  target: string,
): Promise<MartWatermark | null> {
  const { rows } = await db.query<{ batch_id: string; reporting_currency: string | null }>(
    `select batch_id, reporting_currency
     from dds.mart_watermark
     where marts_id = $1 and target = $2`,
    [martsId, target],
  )
  const found = rows[0]
  if (found === undefined) return null
  return { batchId: found.batch_id, reportingCurrency: found.reporting_currency }
}

/** @throws MartWatermarkMovedError when another load moved it meanwhile. */
export async function moveMartWatermark(
  db: Queryable,
  target: string,
  from: MartWatermark | null,
  { martsId, batchId, reportingCurrency }: MartBatch,
): Promise<void> {
  const { rowCount } = await db.query(
    `insert into dds.mart_watermark (marts_id, target, batch_id, reporting_currency)
     select $1, $2, $4::bigint, $5
     where $3::bigint is null or exists (
       select from dds.mart_watermark where marts_id = $1 and target = $2
     )
     on conflict (marts_id, target) do update
     set batch_id = excluded.batch_id,
       reporting_currency = excluded.reporting_currency,
       moved_at = now()
     where mart_watermark.batch_id = $3::bigint`,
    [martsId, target, from?.batchId ?? null, batchId, reportingCurrency],
  )
  if (rowCount === 1) return forgetTargets(db, martsId, target, batchId!)
  throw new MartWatermarkMovedError(
    `Table marts.${target}: batch ${batchId} was loaded on top of ${from?.batchId ?? 'nothing'}, but ` +
      'another load moved the watermark meanwhile. The next attempt begins from there.',
  )
}

/**
 * Tables whose rows failed a check hold no batch any more: the next run loads the days of its batch
 * whole, instead of keeping rows that may be wrong, and a batch does not stay as it is for ever.
 *
 * @param only tables that hold this batch, or this table
 */
export async function putBack(
  db: Queryable,
  martsId: string,
  only: { batchId?: string | null; target?: Target },
): Promise<void> {
  await db.query(
    `update dds.mart_watermark set batch_id = 0
     where marts_id = $1
       and ($2::bigint is null or batch_id = $2::bigint)
       and ($3::text is null or target = $3::text)`,
    [martsId, only.batchId ?? null, only.target ?? null],
  )
}
