// What an HTTP request asks for, whichever of ClickHouse's spellings it uses: URL parameters,
// X-ClickHouse-* headers, basic auth. Nothing from outside reaches SQL unchecked: names by a strict
// charset, values as quoted literals.

import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { ClickHouseError } from './clickhouse-error.ts'
import type { SessionRequest } from './client-sessions.ts'

export interface QueryRequest {
  queryId: string
  /** From the URL; the body follows it after a line break. */
  queryText: string
  database: string | null
  /** null: TabSeparated unless the query says. */
  defaultFormat: string | null
  parameters: Map<string, string>
  settings: Map<string, string>
  /** null: a session of this request's own. */
  session: SessionRequest | null
  readOnly: boolean
  /** Asked by the account that may only read. */
  isReader: boolean
  headOnly: boolean
  waitForEnd: boolean
  /** ClickHouse's own block compression of the response, and of the request body. */
  nativeCompression: boolean
  nativeDecompression: boolean
  /** Accept-Encoding counts only when the client asks for it so. */
  httpCompression: boolean
}

/** Understood by the front itself or without meaning for one folder; not passed on as settings. */
const reserved = new Set([
  'query',
  'database',
  'default_format',
  'user',
  'password',
  'query_id',
  'quota_key',
  'session_id',
  'session_timeout',
  'session_check',
  'close_session',
  'compress',
  'decompress',
  'stacktrace',
  'buffer_size',
  'wait_end_of_query',
  'enable_http_compression',
  'client_protocol_version',
])

/** Settings by which a request could reach what the front decides. */
const refused = new Set(['readonly', 'cluster_for_parallel_replicas'])

export function parseQueryRequest(
  request: IncomingMessage,
  url: URL,
  isReader: boolean,
): QueryRequest {
  const parameters = new Map<string, string>()
  const settings = new Map<string, string>()
  let readOnly = isReader || request.method === 'GET' || request.method === 'HEAD'
  for (const [name, value] of url.searchParams) {
    if (name.startsWith('param_')) {
      parameters.set(checkedName(name.slice('param_'.length), 'query parameter'), value)
    } else if (name === 'readonly') {
      if (value !== '0') readOnly = true
    } else if (name === 'role') {
      throw new ClickHouseError(512, 'SET_NON_GRANTED_ROLE', 'Embedded ClickHouse has no roles')
    } else if (refused.has(name)) {
      throw new ClickHouseError(452, 'SETTING_CONSTRAINT_VIOLATION', `Setting ${name} is reserved`)
    } else if (!reserved.has(name)) {
      settings.set(checkedName(name, 'setting'), value)
    }
  }
  const flag = (name: string) => /^(1|true)$/i.test(url.searchParams.get(name) ?? '')
  const text = (name: string, header: string) =>
    url.searchParams.get(name) || headerText(request, header) || null
  return {
    queryId: checkedQueryId(
      url.searchParams.get('query_id') || headerText(request, 'x-clickhouse-query-id'),
    ),
    queryText: url.searchParams.get('query') ?? '',
    database: text('database', 'x-clickhouse-database'),
    defaultFormat: text('default_format', 'x-clickhouse-format'),
    parameters,
    settings,
    session: sessionRequest(url),
    readOnly,
    isReader,
    headOnly: request.method === 'HEAD',
    waitForEnd: flag('wait_end_of_query'),
    nativeCompression: flag('compress'),
    nativeDecompression: flag('decompress'),
    httpCompression: flag('enable_http_compression'),
  }
}

function sessionRequest(url: URL): SessionRequest | null {
  const id = url.searchParams.get('session_id')
  if (!id) return null
  const text = url.searchParams.get('session_timeout') || '60'
  const timeoutSeconds = Number(text)
  if (!/^\d+$/.test(text) || timeoutSeconds > 3600) {
    throw new ClickHouseError(
      36,
      'BAD_ARGUMENTS',
      `session_timeout is ${JSON.stringify(text.slice(0, 32))}: it must be seconds, up to 3600`,
    )
  }
  const flag = (name: string) => url.searchParams.get(name) === '1'
  return {
    id: id.slice(0, 1024),
    timeoutSeconds,
    mustExist: flag('session_check'),
    closesAfterwards: flag('close_session'),
  }
}

export function headerText(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name]
  return typeof value === 'string' && value !== '' ? value : null
}

function checkedName(name: string, kind: 'query parameter' | 'setting'): string {
  // A parameter's name stands behind `param_`, so any character of a word may begin it.
  const allowed = kind === 'setting' ? /^[A-Za-z_][\w.]{0,127}$/ : /^[\w.$]{1,128}$/
  if (allowed.test(name)) return name
  throw new ClickHouseError(
    36,
    'BAD_ARGUMENTS',
    `The name of a ${kind} has characters that are not allowed: ${JSON.stringify(name.slice(0, 64))}; ` +
      'allowed are letters, digits, _ and ., and $ for a parameter',
  )
}

function checkedQueryId(id: string | null): string {
  if (id === null) return randomUUID()
  if (/^[\x21-\x7e]{1,128}$/.test(id)) return id
  throw new ClickHouseError(
    36,
    'BAD_ARGUMENTS',
    'query_id has characters that are not allowed: it must be 1 to 128 printable ASCII characters',
  )
}

/** A ClickHouse string literal. */
export function literal(value: string): string {
  return `'${value.replace(/[\\']/g, '\\$&').replaceAll('\0', '\\0')}'`
}

export function quotedName(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``
}
