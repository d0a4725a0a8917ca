// A batch is a frozen list of finished loads of one source, and of the days that they reopen, on its way
// to the marts. What a batch holds never changes, so a retry loads the same; its hash proves it.

import type { Queryable } from '../../connections/postgres.ts'
import { forgetTargets } from './set-aside.ts'
import type { SourceBatch, SourceOfMarts } from './source-batch.ts'
import type { Target } from './targets.ts'

export class BatchChangedError extends Error {
  override name = 'BatchChangedError'
}

export class MartWatermarkMovedError extends Error {
  override name = 'MartWatermarkMovedError'
}

export const HASH = `md5(coalesce(string_agg(load_id::text, ',' order by load_id), ''))::uuid`

/** Held until the end of the transaction: who freezes a batch or sets one aside waits for the others. */
export async function lockBatches(db: Queryable, martsId: string): Promise<void> {
  await db.query(
    `select pg_advisory_xact_lock(hashtextextended('terrace marts batch ' || $1, 0))`,
    [martsId],
  )
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

/** The batch of the source before this one, of those that were not set aside; null for the first. */
export async function readBatchBefore(
  db: Queryable,
  { martsId, source }: SourceOfMarts,
  batchId: string,
): Promise<string | null> {
  const { rows } = await db.query<{ batch_id: string | null }>(
    `select max(batch_id) as batch_id
     from dds.mart_batch
     where marts_id = $1
       and source = $2
       and batch_id < $3
       and state in ('frozen', 'published')`,
    [martsId, source, batchId],
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

/**
 * A batch of the source that another run has begun since this one was frozen; for null, one that it is
 * loading.
 */
export async function readBatchBeside(
  db: Queryable,
  { martsId, source }: SourceOfMarts,
  batchId: string | null,
): Promise<string | null> {
  const { rows } = await db.query<{ batch_id: string }>(
    `select batch_id from dds.mart_batch
     where marts_id = $1
       and source = $2
       and case when $3::bigint is null then state = 'frozen' else batch_id > $3::bigint end
     order by batch_id desc
     limit 1`,
    [martsId, source, batchId],
  )
  return rows[0]?.batch_id ?? null
}

export interface MartWatermark {
  /** The last batch that the table holds. */
  batchId: string
  reportingCurrency: string | null
}

/** null before the first load of the source's rows into the table. */
export async function readMartWatermark(
  db: Queryable,
  { martsId, source }: SourceOfMarts,
  target: string,
): Promise<MartWatermark | null> {
  const { rows } = await db.query<{ batch_id: string; reporting_currency: string | null }>(
    `select batch_id, reporting_currency
     from dds.mart_watermark
     where marts_id = $1 and source = $2 and target = $3`,
    [martsId, source, target],
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
  { martsId, source, batchId, reportingCurrency }: SourceBatch,
): Promise<void> {
  const { rowCount } = await db.query(
    `insert into dds.mart_watermark (marts_id, source, target, batch_id, reporting_currency)
     select $1, $2, $3, $5::bigint, $6
     where $4::bigint is null or exists (
       select from dds.mart_watermark where marts_id = $1 and source = $2 and target = $3
     )
     on conflict (marts_id, source, target) do update
     set batch_id = excluded.batch_id,
       reporting_currency = excluded.reporting_currency,
       moved_at = now()
     where mart_watermark.batch_id = $4::bigint`,
    [martsId, source, target, from?.batchId ?? null, batchId, reportingCurrency],
  )
  if (rowCount === 1) return forgetTargets(db, { martsId, source }, target, batchId!)
  throw new MartWatermarkMovedError(
    `Table marts.${target}: batch ${batchId} was loaded on top of ${from?.batchId ?? 'nothing'}, but ` +
      'another load moved the watermark meanwhile. The next attempt begins from there.',
  )
}

/**
 * Tables whose rows of the source failed a check hold no batch any more: the next run loads the days of its batch
 * whole, instead of keeping rows that may be wrong, and a batch does not stay as it is for ever.
 *
 * @param only tables that hold this batch, or this table
 */
export async function putBack(
  db: Queryable,
  { martsId, source }: SourceOfMarts,
  only: { batchId?: string | null; target?: Target },
): Promise<void> {
  await db.query(
    `update dds.mart_watermark set batch_id = 0
     where marts_id = $1
       and source = $2
       and ($3::bigint is null or batch_id = $3::bigint)
       and ($4::text is null or target = $4::text)`,
    [martsId, source, only.batchId ?? null, only.target ?? null],
  )
}
