// raw.produced_file and raw.produced_record: what was sent of each file, and which messages it was.

import { createHash } from 'node:crypto'
import type { Pool, Queryable } from '../../../connections/postgres.ts'
import { ExactSum } from '../reading/exact-sum.ts'
import type { FileRecord } from '../reading/format.ts'

export interface FileTotals {
  /** Records that were acknowledged: the sum of the next four. */
  sent: number
  /** Good, and in no file before: orders, units and money are theirs. */
  counted: number
  repeated: number
  /** Other content under the id of a record that was sent before. */
  conflicts: number
  bad: number
  /** Too large to be sent. */
  unsent: number
  orders: number
  units: ExactSum
  money: Map<string, ExactSum>
}

export function noTotals(): FileTotals {
  const counts = { sent: 0, counted: 0, repeated: 0, conflicts: 0, bad: 0, unsent: 0, orders: 0 }
  return { ...counts, units: new ExactSum(), money: new Map() }
}

export async function beginFile(
  db: Queryable,
  file: { source: string; format: string; target: string; name: string; sentBy: string },
): Promise<string> {
  const { rows } = await db.query<{ file_id: string }>(
    `insert into raw.produced_file (source, format, target, file_name, sent_by)
     values ($1, $2, $3, $4, $5)
     returning file_id`,
    [file.source, file.format, file.target, file.name, file.sentBy],
  )
  return rows[0]!.file_id
}

/** Adds records that were acknowledged; each counts once however many files hold it. */
export async function countRecords(
  db: Queryable,
  source: string,
  records: readonly FileRecord[],
  totals: FileTotals,
): Promise<void> {
  const known = await rememberRecords(db, source, records)
  for (const record of records) {
    totals.sent += 1
    if (record.eventId === null || record.canonical === null) {
      totals.bad += 1
      continue
    }
    const hash = uuidOf(record.eventId)
    const content = uuidOf(record.canonical)
    const before = known.get(hash)
    // The first of the batch is the one that was added.
    known.set(hash, before ?? content)
    if (before === undefined) add(totals, record)
    else if (before === content) totals.repeated += 1
    else totals.conflicts += 1
  }
}

/** Of those that were there already: the event's hash, and the hash of what it was. */
async function rememberRecords(
  db: Queryable,
  source: string,
  records: readonly FileRecord[],
): Promise<Map<string, string>> {
  const first = new Map<string, string>()
  for (const record of records) {
    if (record.eventId === null || record.canonical === null) continue
    const hash = uuidOf(record.eventId)
    if (!first.has(hash)) first.set(hash, uuidOf(record.canonical))
  }
  if (first.size === 0) return new Map()
  // In the order of the keys: two that send the same records at once wait for each other in one order.
  const hashes = [...first.keys()].sort()
  const { rows } = await db.query<{ event_hash: string; content_hash: string }>(
    `with given as (
       select * from unnest($2::uuid[], $3::uuid[]) as given (event_hash, content_hash)
     ),
     added as (
       insert into raw.produced_record (source, event_hash, content_hash)
       select $1, event_hash, content_hash from given
       on conflict do nothing
       returning event_hash
     )
     select given.event_hash, coalesce(there.content_hash, given.content_hash) as content_hash
     from given
     left join raw.produced_record as there
       on there.source = $1 and there.event_hash = given.event_hash
     where not exists (select from added where added.event_hash = given.event_hash)`,
    [source, hashes, hashes.map((hash) => first.get(hash)!)],
  )
  return new Map(rows.map((row) => [row.event_hash, row.content_hash]))
}

function add(totals: FileTotals, { totals: one }: FileRecord): void {
  totals.counted += 1
  totals.orders += one.orders
  totals.units.add(one.units)
  if (one.money === null) return
  const { currency, amount } = one.money
  const sum = totals.money.get(currency) ?? new ExactSum()
  totals.money.set(currency, sum.add(amount))
}

export async function saveTotals(db: Queryable, fileId: string, totals: FileTotals): Promise<void> {
  await db.query(
    `update raw.produced_file
     set count_sent = $2, count_counted = $3, count_repeated = $4, count_conflicts = $5,
       count_bad = $6, count_unsent = $7, orders = $8, units = $9, money = $10
     where file_id = $1`,
    [
      fileId,
      totals.sent,
      totals.counted,
      totals.repeated,
      totals.conflicts,
      totals.bad,
      totals.unsent,
      totals.orders,
      totals.units.toString(),
      JSON.stringify(moneyText(totals)),
    ],
  )
}

export function moneyText({ money }: FileTotals): Record<string, string> {
  const entries = [...money].map(([currency, sum]) => [currency, sum.toString()] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** @param hash that of the whole file; null when its end was not reached */
export async function endFile(db: Queryable, fileId: string, hash: string | null): Promise<void> {
  await db.query(
    `update raw.produced_file
     set ended_at = clock_timestamp(), is_whole = $2::text is not null, file_hash = $2
     where file_id = $1`,
    [fileId, hash],
  )
}

/** The last time before that the same bytes were sent to their end; null: never. */
export async function sentBefore(
  pool: Pool,
  fileId: string,
): Promise<{ file_id: string; file_name: string; ended_at: Date } | null> {
  const { rows } = await pool.query<{ file_id: string; file_name: string; ended_at: Date }>(
    `select earlier.file_id, earlier.file_name, earlier.ended_at
     from raw.produced_file as file
     inner join raw.produced_file as earlier using (format, file_hash)
     where file.file_id = $1 and earlier.file_id < file.file_id and earlier.is_whole
     order by earlier.file_id desc
     limit 1`,
    [fileId],
  )
  return rows[0] ?? null
}

function uuidOf(text: string): string {
  const hex = createHash('md5').update(text).digest('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
