// What the reader may set. A server keeps such an account to constraints, which chDB has none of: so the
// settings that it may change are listed, and those that are limits can only be lowered. Whatever is not on
// the list is refused: of a thousand settings many lift a limit by another name, or name a file.

import { availableParallelism } from 'node:os'
import { ClickHouseError } from './clickhouse-error.ts'
import type { QueryRequest } from './query-request.ts'

/** How results look and how values compare: nothing that costs, reaches out or opens anything. */
const free =
  /^(output_format_(json|csv|tsv|pretty|xml|arrow|parquet|orc|native|values|markdown|sql_insert|decimal|bool|float|write|enable|always|date|binary|trim)_\w+|format_(csv|tsv|custom|display|binary)_?\w*|date_time_(input|output)_format|bool_(true|false)_representation|session_timezone|use_client_time_zone|extremes|limit|offset|(result|read|timeout)_overflow_mode|max_result_rows|max_(rows|bytes)_to_read|max_columns_to_read|join_use_nulls|join_default_strictness|any_join_distinct_right_table_keys|group_by_use_nulls|union_default_mode|except_default_mode|intersect_default_mode|transform_null_in|final|prefer_column_name_to_alias|aggregate_functions_null_for_empty|cast_keep_nullable|low_cardinality_allow_in_native_format|enable_unaligned_array_join|send_progress_in_http_headers|http_(headers_progress_interval_ms|write_exception_in_output_format|wait_end_of_query|response_buffer_size|zlib_compression_level|native_compression_disable_checksumming_on_decompress)|add_http_cors_header|cancel_http_readonly_queries_on_client_close|network_compression_method|log_(comment|queries)|async_insert|wait_for_async_insert|insert_deduplicate|select_sequential_consistency|enable_http_compression|enable_positional_arguments|enable_scalar_subquery_optimization|show_table_uuid_in_table_create_query_if_not_nil|describe_\w+)$/

export interface ReaderLimits {
  maxExecutionSeconds: number
  maxMemoryBytes: number
  maxBufferedBytes: number
}

/** Of what the owner has: as much as lets several readers work beside the loads. */
export function readerLimits(owner: ReaderLimits): ReaderLimits {
  return {
    maxExecutionSeconds: Math.min(owner.maxExecutionSeconds, 120),
    maxMemoryBytes: Math.floor(owner.maxMemoryBytes / 4),
    maxBufferedBytes: Math.min(owner.maxBufferedBytes, 256 * 1024 ** 2),
  }
}

function ceilings(limits: ReaderLimits): ReadonlyMap<string, number> {
  return new Map([
    ['max_execution_time', limits.maxExecutionSeconds],
    ['max_memory_usage', limits.maxMemoryBytes],
    ['max_result_bytes', limits.maxBufferedBytes],
    ['max_threads', Math.max(1, Math.floor(availableParallelism() / 2))],
  ])
}

/** Queries of the reader carry tags that begin so: by it they see each other and none of the owner's. */
export const READER_TAG = 'reader-'

/**
 * The request as the reader may make it. A limit that it asks for counts where it is lower than its own.
 * @throws ClickHouseError for a setting that it may not change
 */
export function asReader(
  request: QueryRequest,
  owner: ReaderLimits,
  tagSetting: string,
): QueryRequest {
  // Names without a database would be those of tables of the system, which are judged by their full names.
  if (request.database?.toLowerCase() === 'system') {
    throw accessDenied('the database "system" as the one that names are looked up in')
  }
  const limits = ceilings(readerLimits(owner))
  const settings = new Map<string, string>()
  for (const [name, value] of request.settings) {
    if (limits.has(name)) continue
    if (!free.test(name)) throw unchangeable(name)
    settings.set(name, value)
  }
  for (const [name, limit] of limits) {
    const asked = request.settings.get(name) ?? ''
    const isLower = /^\d{1,18}$/.test(asked) && Number(asked) > 0 && Number(asked) < limit
    settings.set(name, isLower ? asked : String(limit))
  }
  settings.set(
    'additional_table_filters',
    `{'system.processes': 'startsWith(Settings[''${tagSetting}''], ''${READER_TAG}'')'}`,
  )
  // What lives in a session, SET and temporary tables, is not the reader's.
  return { ...request, settings, session: null }
}

/** The same for a setting in the text of a statement, whose value cannot be lowered there. */
export function refuseReaderSetting(name: string, value: string, owner: ReaderLimits): void {
  const limit = ceilings(readerLimits(owner)).get(name)
  if (limit === undefined) {
    if (!free.test(name)) throw unchangeable(name)
    return
  }
  if (/^\d{1,18}$/.test(value) && Number(value) > 0 && Number(value) <= limit) return
  throw new ClickHouseError(
    452,
    'SETTING_CONSTRAINT_VIOLATION',
    `Setting ${name} shouldn't be greater than ${limit}, nor 0, for the account reader`,
  )
}

export function accessDenied(what: string): ClickHouseError {
  return new ClickHouseError(
    497,
    'ACCESS_DENIED',
    `The account reader of the embedded marts may not use ${what}. It reads the marts with SELECT, SHOW, ` +
      'DESCRIBE, EXPLAIN and EXISTS',
  )
}

function unchangeable(name: string): ClickHouseError {
  return new ClickHouseError(
    164,
    'READONLY',
    `Cannot modify '${name}' setting in readonly mode: it is none of those that the account reader may change.`,
  )
}
