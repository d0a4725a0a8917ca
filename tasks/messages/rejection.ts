// Why a message is refused. The reasons are a closed list: quarantine is counted and alarmed on by
// them, so their names are part of the warehouse's contract.

/** Raised with every change of the rules, so that a replay knows which rules refused a message. */
export const RULE_VERSION = 4

interface Reason {
  /** For people: what is wrong with the message. */
  meaning: string
  /** The readers that raise it; none: only adapters do (tasks/sources). */
  raisedIn: readonly string[]
}

/** docs/quarantine.md shows them as a table; a test keeps the two the same. */
export const REASONS = {
  tombstone: {
    meaning: 'the message has no value',
    raisedIn: ['tasks/messages/validate-message.ts'],
  },
  empty: {
    meaning: 'the value has no bytes, or white space alone',
    raisedIn: ['tasks/messages/validate-message.ts'],
  },
  too_large: {
    meaning: 'the value is over 256 KiB',
    raisedIn: ['tasks/messages/validate-message.ts'],
  },
  invalid_utf8: {
    meaning: 'the bytes are not UTF-8',
    raisedIn: ['tasks/messages/validate-message.ts'],
  },
  nul_character: {
    meaning: 'a text holds U+0000, which Postgres cannot store',
    raisedIn: ['tasks/messages/strict-json.ts', 'tasks/messages/validate-message.ts'],
  },
  lone_surrogate: {
    meaning: 'a text holds half a surrogate pair, which is no character',
    raisedIn: ['tasks/messages/strict-json.ts'],
  },
  not_json: {
    meaning: 'the value is not JSON',
    raisedIn: ['tasks/messages/strict-json.ts'],
  },
  duplicate_key: {
    meaning: 'a key stands twice in one object',
    raisedIn: ['tasks/messages/strict-json.ts'],
  },
  forbidden_key: {
    meaning: 'a key has a meaning of its own in JavaScript, such as prototype',
    raisedIn: ['tasks/messages/strict-json.ts'],
  },
  too_deep: {
    meaning: 'objects and lists are nested too deep',
    raisedIn: ['tasks/messages/strict-json.ts'],
  },
  string_too_long: {
    meaning: 'a text is longer than allowed',
    raisedIn: ['tasks/messages/fields.ts', 'tasks/messages/strict-json.ts'],
  },
  array_too_long: {
    meaning: 'a list or an object has too many members',
    raisedIn: ['tasks/messages/strict-json.ts'],
  },
  number_out_of_range: {
    meaning: 'a number is larger or smaller than can be kept exactly',
    raisedIn: ['tasks/messages/fields.ts', 'tasks/messages/strict-json.ts'],
  },
  missing_field: {
    meaning: 'a field that is needed is absent or null',
    raisedIn: ['tasks/messages/fields.ts'],
  },
  wrong_type: {
    meaning: 'a value is of another type than its field',
    raisedIn: ['tasks/messages/adapter.ts', 'tasks/messages/fields.ts'],
  },
  empty_id: {
    meaning: 'an id is empty',
    raisedIn: ['tasks/messages/fields.ts'],
  },
  empty_list: {
    meaning: 'a list that needs members has none',
    raisedIn: ['tasks/messages/fields.ts'],
  },
  lookalike_id: {
    meaning: 'an id holds characters that nobody sees',
    raisedIn: ['tasks/messages/fields.ts'],
  },
  unknown_source: {
    meaning: 'nobody knows whose message it is, or no adapter reads that source',
    raisedIn: ['tasks/messages/which-source.ts'],
  },
  unknown_type: {
    meaning: 'the source sends no such kind of event',
    raisedIn: [],
  },
  unknown_schema_version: {
    meaning: 'the event is of a version that the adapter does not know',
    raisedIn: [],
  },
  bad_value: {
    meaning: 'a value is none of those allowed, or written another way',
    raisedIn: ['tasks/messages/fields.ts'],
  },
  negative_price: {
    meaning: 'a price is below 0, or -0',
    raisedIn: ['tasks/messages/fields.ts'],
  },
  too_many_decimals: {
    meaning: 'an amount has more decimals than its currency, or a measure than is kept',
    raisedIn: ['tasks/messages/fields.ts'],
  },
  unknown_currency: {
    meaning: 'seeds/currencies.json does not have the currency',
    raisedIn: ['tasks/messages/fields.ts'],
  },
  bad_quantity: {
    meaning: 'a quantity is too small (seeds/sources.json: least_quantity) or too large',
    raisedIn: ['tasks/messages/fields.ts'],
  },
  bad_line_no: {
    meaning: 'the number of a line is too small or too large',
    raisedIn: ['tasks/messages/fields.ts'],
  },
  coordinate_out_of_range: {
    meaning: 'a latitude or longitude is not on earth',
    raisedIn: ['tasks/messages/fields.ts'],
  },
  bad_time: {
    meaning: 'a time or date is written another way, or there is none such',
    raisedIn: ['tasks/messages/times.ts'],
  },
  time_without_zone: {
    meaning: 'a time names no zone, and the times of its source do',
    raisedIn: ['tasks/messages/times.ts'],
  },
  before_1970: {
    meaning: 'a time is before 1970',
    raisedIn: ['tasks/messages/times.ts'],
  },
  too_old: {
    meaning: 'a time is before the oldest of its source (seeds/sources.json: oldest)',
    raisedIn: ['tasks/messages/times.ts'],
  },
  in_the_future: {
    meaning: 'a time is more than ten minutes later than when the log took the message',
    raisedIn: ['tasks/messages/times.ts'],
  },
  event_id_conflict: {
    meaning: 'another message with the same event id was accepted and says something else',
    raisedIn: ['sql/dds/load/stage_event.sql'],
  },
  status_after_closed: {
    meaning: 'the order was closed before it took this status',
    raisedIn: ['sql/dds/load/stage_event.sql'],
  },
} as const satisfies Record<string, Reason>

export type RejectionReason = keyof typeof REASONS

export const REJECTION_REASONS = Object.keys(REASONS) as RejectionReason[]

export class Rejection extends Error {
  override name = 'Rejection'
  readonly reason: RejectionReason
  /** `detail` says where, what was found and what is allowed. */
  constructor(reason: RejectionReason, detail: string) {
    super(detail)
    this.reason = reason
  }
}

/** A value from outside, short enough and safe for a message. */
export function quoted(value: string): string {
  return JSON.stringify(shortened(value))
}

/** At most 60 characters of it, in well-formed Unicode. */
export function shortened(value: string): string {
  const short = value.length > 60 ? `${value.slice(0, 60)}…` : value
  return short.toWellFormed()
}
