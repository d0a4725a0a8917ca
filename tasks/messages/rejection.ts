// Why a message is refused. The reasons are a closed list: quarantine is counted and alarmed on by
// them, so their names are part of the warehouse's contract.

/** Raised with every change of the rules, so that a replay knows which rules refused a message. */
export const RULE_VERSION = 4

export const REJECTION_REASONS = [
  'tombstone',
  'empty',
  'too_large',
  'invalid_utf8',
  'nul_character',
  'lone_surrogate',
  'not_json',
  'duplicate_key',
  'forbidden_key',
  'too_deep',
  'string_too_long',
  'array_too_long',
  'number_out_of_range',
  'missing_field',
  'wrong_type',
  'empty_id',
  'empty_list',
  'lookalike_id',
  'unknown_source',
  'unknown_type',
  'unknown_schema_version',
  'bad_value',
  'negative_price',
  'too_many_decimals',
  'unknown_currency',
  'bad_quantity',
  'bad_line_no',
  'coordinate_out_of_range',
  'bad_time',
  'time_without_zone',
  'before_1970',
  'too_old',
  'in_the_future',
  'event_id_conflict',
  'status_after_closed',
] as const

export type RejectionReason = (typeof REJECTION_REASONS)[number]

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
