// What a format of files is to `terrace produce`: it turns the bytes of a file into records, and writes
// synthetic files of its kind. Each format is one file in tasks/produce, and the file's name is the
// format's name. A format is pure: it opens nothing, and its output depends on its input alone.

import type { KnownSource } from '../../messages/adapters.ts'

export interface Format {
  /** One line for the help: what a file of this format holds. */
  summary: string
  /** The source of the records, as seeds/sources.json names it; null: `--source` names it. */
  source: string | null
  /** Where the records go; null: to the topic of their source. */
  target: Target | null
  /** Whether the records have no time of their own, so that `--timestamp` may give them one. */
  takesTimestamp: boolean
  read(bytes: AsyncIterable<Buffer>, options: ReadOptions): AsyncIterable<FileRecord>
  /** The text of a file with `count` records, in parts; null: there is none. The same seed gives the same text. */
  sample: ((count: number, seed: string) => Iterable<string>) | null
  /** For reference files of products: reads a line that `read` found good. */
  product?(line: number, bytes: Buffer): ListedProduct
}

/** What a line of a reference file says of a product. */
export interface ListedProduct {
  productId: string
  name: string
  category: string
  /** Decimal text, in the currency of the source. */
  price: string
}

/** A topic of the event log, or the table of supplied reference files. */
export type Target = { topic: string } | { table: 'raw.file_rows' }

export interface ReadOptions {
  /** One wall time in the source's zone for all records; null when `--timestamp` is not given. */
  timestamp: string | null
  /** What `--source` names, for formats without a source of their own. */
  source?: KnownSource
  /** When the reading began. */
  now: Date
}

export interface FileRecord {
  /** Where the record begins in the file, from 1. */
  line: number
  /** Decides the partition of the topic. */
  key: string | null
  /** The bytes as they stand in the file. null: there are too many of them to be sent. */
  value: Buffer | null
  /** What makes the message the same message; null when the record does not tell. */
  eventId: string | null
  /** Why the record is bad; null when it is good. A bad record is sent all the same. */
  problem: string | null
  /** One text for all records that say the same; null when the record is bad or has no event id. */
  canonical: string | null
  /** What the record adds to the control totals. */
  totals: RecordTotals
}

export interface RecordTotals {
  orders: number
  /** Decimal text. */
  units: string
  /** What the orders cost; null where the record names no amount. */
  money: { currency: string; amount: string } | null
}

export const NO_TOTALS: RecordTotals = { orders: 0, units: '0', money: null }

/** A record that cannot be read, to be told with its line and sent as it stands. */
export function badRecord(line: number, value: Buffer | null, problem: string): FileRecord {
  return { line, key: null, value, eventId: null, problem, canonical: null, totals: NO_TOTALS }
}
