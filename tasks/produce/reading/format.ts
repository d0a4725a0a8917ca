// What a format of files is to `terrace produce`: it turns the bytes of a file into records, and writes
// synthetic files of its kind. Each format is one file in tasks/produce, and the file's name is the
// format's name. A format is pure: it opens nothing, and its output depends on its input alone.

import type { StrictObject } from '../../messages/strict-json.ts'

export interface Format {
  /** One line for the help: what a file of this format holds. */
  summary: string
  /** The source whose rules judge the records, as seeds/sources.json names it. */
  source: string
  /** Where the records go: a topic of the event log, or the table of supplied reference files. */
  target: { topic: string } | { table: 'raw.file_rows' }
  /** Whether the records have no time of their own, so that `--timestamp` may give them one. */
  takesTimestamp: boolean
  read(bytes: AsyncIterable<Buffer>, options: ReadOptions): AsyncIterable<FileRecord>
  /** The text of a file with `count` records, in parts. The same seed gives the same text. */
  sample(count: number, seed: string): Iterable<string>
}

export interface ReadOptions {
  /** One wall time in the source's zone for all records; null when `--timestamp` is not given. */
  timestamp: string | null
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
  /** The record as it was read, where it is JSON: equal content has an equal canonical form. */
  content: StrictObject | null
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
  return { line, key: null, value, eventId: null, problem, content: null, totals: NO_TOTALS }
}
