// Runs one statement on a session of its own and hands the result on piece by piece. A fresh
// session per request (about a millisecond) because settings stay on a session: a `readonly` left
// behind would refuse the next request's INSERT.

import { randomUUID } from 'node:crypto'
import { ClickHouseError, toClickHouseError } from './clickhouse-error.ts'
import { insertPieces } from './insert-pieces.ts'
import type { NativeEngine, NativeSession } from './native-engine.ts'
import { literal, type QueryRequest, quotedName } from './query-request.ts'
import { headerMeasure } from './repeated-header.ts'
import { formatClause, isStreamable } from './sql-statement.ts'
import {
  type EngineNames,
  mayInterpretValues,
  refuseForbidden,
  refuseSetting,
} from './statement-policy.ts'
import type { Statement } from './statement-reader.ts'

/** Counts for X-ClickHouse-Summary; a streamed SELECT does not tell what it read. */
export interface QuerySummary {
  readRows: number
  readBytes: number
  writtenRows: number
  writtenBytes: number
  resultRows: number
  resultBytes: number
}

export interface QueryOutput {
  /** Called once, before the first write. */
  begin(format: string): void
  write(bytes: Buffer): Promise<void>
}

export interface QueryLimits {
  maxExecutionSeconds: number
  maxMemoryBytes: number
  /** For results that chDB can only hand over in one piece, such as JSON. */
  maxBufferedBytes: number
}

/**
 * A setting without any effect here carries the tag by which a running query is found and killed:
 * chDB gives queries an id of its own that it does not tell, and log_comment belongs to the client.
 */
const tagSetting = 'cluster_for_parallel_replicas'

export class QueryExecutor {
  readonly #engine: NativeEngine
  readonly #limits: QueryLimits
  readonly #names: EngineNames
  /** Tags of running queries by the id that the client knows. */
  readonly #tags = new Map<string, string>()

  constructor(engine: NativeEngine, limits: QueryLimits, names: EngineNames) {
    this.#engine = engine
    this.#limits = limits
    this.#names = names
  }

  async execute(
    request: QueryRequest,
    statement: Statement,
    output: QueryOutput,
    signal: AbortSignal,
  ): Promise<QuerySummary> {
    signal.throwIfAborted()
    if (this.#tags.has(request.queryId)) {
      throw new ClickHouseError(
        216,
        'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING',
        `Query with id = ${request.queryId} is already running.`,
      )
    }
    refuseForbidden(statement.kind === 'insert' ? statement.prefix : statement.sql, this.#names)
    for (const name of request.settings.keys()) refuseSetting(name)
    const tag = randomUUID()
    const session = this.#engine.openSession()
    let finished = false
    const onAbort = () => void this.#killUntil(tag, () => finished)
    signal.addEventListener('abort', onAbort, { once: true })
    this.#tags.set(request.queryId, tag)
    try {
      if (request.database === null) startInMarts(session)
      session.runNow(this.#preamble(request, statement, tag))
      if (statement.kind === 'insert') return await runInsert(session, request, statement, output)
      return await runText(session, request, this.#knownKill(statement.sql), output)
    } catch (error) {
      throw explained(toClickHouseError(error), request)
    } finally {
      finished = true
      signal.removeEventListener('abort', onAbort)
      this.#tags.delete(request.queryId)
      session.close()
    }
  }

  #preamble(request: QueryRequest, statement: Statement, tag: string): string {
    const settings = new Map([
      ['max_execution_time', String(this.#limits.maxExecutionSeconds)],
      ['max_memory_usage', String(this.#limits.maxMemoryBytes)],
      ['log_comment', request.queryId],
      ...request.settings,
      [tagSetting, tag],
    ])
    if (statement.kind === 'text' && !settings.has('max_result_bytes')) {
      const format = resultFormat(statement.sql, request)
      if (!isStreamable(statement.sql) || headerMeasure(format) === null) {
        settings.set('max_result_bytes', String(this.#limits.maxBufferedBytes))
      }
    }
    const lines = [`set ${[...settings].map(([name, v]) => `${name} = ${literal(v)}`).join(', ')}`]
    for (const [name, value] of request.parameters)
      lines.push(`set param_${name} = ${literal(value)}`)
    if (request.database !== null) lines.push(`use ${quotedName(request.database)}`)
    // Last, and 2 as in ClickHouse: settings may still change, but not this one.
    if (request.readOnly) lines.push('set readonly = 2')
    return lines.join('; ')
  }

  /** `kill query where query_id = '…'` names an id of ours, which chDB does not know. */
  #knownKill(sql: string): string {
    if (!/^\s*kill\s+query\b/i.test(sql)) return sql
    return sql.replace(/\bquery_id\s*=\s*'([^'\\]+)'/gi, (clause, id: string) => {
      const tag = this.#tags.get(id)
      return tag === undefined ? clause : `Settings['${tagSetting}'] = '${tag}'`
    })
  }

  /** Repeated, as a query that has only just been given to chDB is not in its process list yet. */
  async #killUntil(tag: string, isFinished: () => boolean): Promise<void> {
    while (!isFinished()) {
      const session = this.#engine.openSession()
      try {
        await session.query(`kill query where Settings['${tagSetting}'] = '${tag}' async`, 'Null')
      } finally {
        session.close()
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

/** A session of chDB starts in `default`, which holds nothing here. */
function startInMarts(session: NativeSession): void {
  try {
    session.runNow('use marts')
  } catch {
    // Dropped, and made anew by the next migration.
  }
}

function resultFormat(sql: string, request: QueryRequest): string {
  return formatClause(sql) ?? request.defaultFormat ?? 'TabSeparated'
}

async function runText(
  session: NativeSession,
  request: QueryRequest,
  sql: string,
  output: QueryOutput,
): Promise<QuerySummary> {
  const format = resultFormat(sql, request)
  const measure = headerMeasure(format)
  const summary = emptySummary()
  if (measure === null || !isStreamable(sql)) {
    const result = await session.query(sql, format)
    output.begin(format)
    summary.readRows = result.rowsRead
    summary.readBytes = result.bytesRead
    summary.resultBytes = result.bytes.length
    await output.write(result.bytes)
    return summary
  }
  let isFirst = true
  for await (const chunk of session.stream(sql, format)) {
    if (isFirst) output.begin(format)
    const bytes = isFirst ? chunk.bytes : chunk.bytes.subarray(measure(chunk.bytes))
    isFirst = false
    summary.resultRows += chunk.numRows
    summary.resultBytes += bytes.length
    await output.write(bytes)
  }
  if (isFirst) output.begin(format)
  return summary
}

async function runInsert(
  session: NativeSession,
  request: QueryRequest,
  statement: Extract<Statement, { kind: 'insert' }>,
  output: QueryOutput,
): Promise<QuerySummary> {
  const summary = emptySummary()
  const token = 'insert_deduplication_token'
  const mayCut = !request.settings.has(token) && !statement.prefix.includes(token)
  for await (const piece of insertPieces(statement.data, statement.format, { mayCut })) {
    // As in a server, no data is no row; chDB calls it an error.
    if (piece.length === 0) continue
    if (/^values$/i.test(statement.format) && !mayInterpretValues(piece)) {
      session.runNow(
        'set input_format_values_interpret_expressions = 0, ' +
          'input_format_values_deduce_templates_of_expressions = 0',
      )
    }
    const written = await session.insert(statement.prefix, piece)
    summary.writtenRows += written.rowsWritten
    summary.writtenBytes += written.bytesWritten
  }
  summary.readRows = summary.writtenRows
  summary.readBytes = summary.writtenBytes
  output.begin('TabSeparated')
  return summary
}

function emptySummary(): QuerySummary {
  return {
    readRows: 0,
    readBytes: 0,
    writtenRows: 0,
    writtenBytes: 0,
    resultRows: 0,
    resultBytes: 0,
  }
}

function explained(error: ClickHouseError, request: QueryRequest): ClickHouseError {
  if (error.type !== 'READONLY' || !request.readOnly) return error
  const why = request.isReader
    ? 'This account may only read.'
    : 'For queries over HTTP, method GET implies readonly. ' +
      'You should use method POST for modifying queries.'
  return new ClickHouseError(error.code, error.type, `${error.message} ${why}`, { cause: error })
}
