// Runs one statement on a session of its own and hands the result on piece by piece. A fresh
// session per request (about a millisecond) because settings stay on a session: a `readonly` left
// behind would refuse the next request's INSERT.

import { randomUUID } from 'node:crypto'
import { ClickHouseError, toClickHouseError } from './clickhouse-error.ts'
import { type ClientSession, ClientSessions } from './client-sessions.ts'
import { dropTables, makeTables, type PreparedTable, prepareTable } from './external-tables.ts'
import type { InsertData, InsertDataFolder } from './insert-data.ts'
import type { NativeEngine, NativeSession } from './native-engine.ts'
import { literal, type QueryRequest, quotedName } from './query-request.ts'
import { accessDenied, asReader, READER_TAG } from './reader-settings.ts'
import { ReaderStatements } from './reader-statement.ts'
import { headerMeasure } from './repeated-header.ts'
import type { ExternalTable } from './request-form.ts'
import { refuseUnlessSingle } from './single-statement.ts'
import { firstWord, formatClause, isStreamable } from './sql-statement.ts'
import { type EngineNames, refuseForbidden, refuseSetting } from './statement-policy.ts'
import type { Statement } from './statement-reader.ts'
import { ValuesData } from './values-data.ts'

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
  /** Called once, before the first write; null: the statement has no result, such as an INSERT. */
  begin(format: string | null): void
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

/** A statement that may run, with its data at hand. */
export interface PreparedStatement {
  /** As the client sent it, without data. */
  text: string
  /** As the engine runs it. */
  sql: string
  insert: { data: InsertData; mayInterpret: boolean } | null
  tables: PreparedTable[]
}

/** Where the defaults of chDB, which is made for one program's own queries, differ from a server's. */
const ofServer = [
  ['implicit_select', '0'],
  ['allow_introspection_functions', '0'],
] as const

export class QueryExecutor {
  readonly #engine: NativeEngine
  readonly #inserts: InsertDataFolder
  readonly #limits: QueryLimits
  readonly #names: EngineNames
  readonly #reader: ReaderStatements
  readonly #sessions: ClientSessions
  /** Tags of running queries by the id that the client knows. */
  readonly #tags = new Map<string, string>()

  constructor(
    engine: NativeEngine,
    inserts: InsertDataFolder,
    limits: QueryLimits,
    names: EngineNames,
  ) {
    this.#engine = engine
    this.#inserts = inserts
    this.#limits = limits
    this.#names = names
    this.#reader = new ReaderStatements(engine, limits)
    this.#sessions = new ClientSessions(() => engine.openSession())
  }

  /** Ends the sessions of clients. */
  close(): void {
    this.#sessions.close()
  }

  /** Judges a statement, then reads the data that comes with it. Needs no slot of the engine. */
  async prepare(
    request: QueryRequest,
    statement: Statement,
    tables: readonly ExternalTable[],
  ): Promise<PreparedStatement> {
    const text = statement.kind === 'insert' ? statement.prefix : statement.sql
    refuseForbidden(text, this.#names)
    for (const name of request.settings.keys()) refuseSetting(name)
    if (request.isReader && tables.length > 0) throw accessDenied('tables that come with a request')
    const prepared: PreparedStatement = { text, sql: text, insert: null, tables: [] }
    try {
      for (const table of tables) {
        prepared.tables.push(await prepareTable(table, this.#inserts, this.#names))
      }
      if (statement.kind === 'text') return prepared
      if (request.readOnly) throw explained(readOnlyError(), request)
      const values = /^values$/i.test(statement.format) ? new ValuesData() : null
      const data = await this.#inserts.keep(statement.data, values)
      prepared.sql = statement.fromFile(data.path)
      prepared.insert = { data, mayInterpret: values?.mayInterpret ?? true }
      return prepared
    } catch (error) {
      await this.discard(prepared)
      throw error
    }
  }

  /** Removes the data of a statement that has run, or will not. */
  async discard(statement: PreparedStatement): Promise<void> {
    for (const { data } of statement.tables) await data.remove()
    await statement.insert?.data.remove()
  }

  async execute(
    asked: QueryRequest,
    statement: PreparedStatement,
    output: QueryOutput,
    signal: AbortSignal,
  ): Promise<QuerySummary> {
    signal.throwIfAborted()
    const request = asked.isReader ? asReader(asked, this.#limits, tagSetting) : asked
    if (this.#tags.has(request.queryId)) {
      throw new ClickHouseError(
        216,
        'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING',
        `Query with id = ${request.queryId} is already running.`,
      )
    }
    const tag = `${request.isReader ? READER_TAG : ''}${randomUUID()}`
    const account = request.isReader ? 'reader' : 'owner'
    const named = request.session && this.#sessions.enter(account, request.session)
    const session = named?.native ?? this.#engine.openSession()
    let finished = false
    const onAbort = () => void this.#killUntil(tag, () => finished)
    signal.addEventListener('abort', onAbort, { once: true })
    this.#tags.set(request.queryId, tag)
    const settings = this.#settings(request, statement, named, tag)
    try {
      if (request.database === null && named?.isNew !== false) startInMarts(session)
      for (const text of this.#preamble(request, settings, named)) session.runNow(text)
      await makeTables(session, statement.tables)
      if (request.readOnly && (named === null || request.isReader)) {
        // Last, and 2 as in ClickHouse: settings may still change, but not this one.
        session.runNow('set readonly = 2')
      }
      const { kind } = await refuseUnlessSingle(session, statement)
      const isSet = kind === 'control' && /^(SET|USE)$/.test(firstWord(statement.text))
      // A session that lives on cannot be made read-only for one request.
      if (request.readOnly && kind !== 'read_only' && !isSet && named) throw readOnlyError()
      if (statement.insert !== null) return await runInsert(session, statement, output)
      const summary = await runText(
        session,
        request,
        request.isReader
          ? await this.#reader.judged(session, statement.sql)
          : this.#knownKill(statement.sql),
        { isRead: kind === 'read_only', streams: mayStream(statement, request, named) },
        output,
      )
      if (isSet && /^SET$/.test(firstWord(statement.text))) named?.remember(statement.text)
      return summary
    } catch (error) {
      throw explained(withoutFile(toClickHouseError(error), statement), request)
    } finally {
      finished = true
      signal.removeEventListener('abort', onAbort)
      this.#tags.delete(request.queryId)
      if (named === null) session.close()
      else {
        await dropTables(session, statement.tables).catch(() => {})
        named.leave(request.session!, settings.keys())
      }
    }
  }

  #settings(
    request: QueryRequest,
    statement: PreparedStatement,
    named: ClientSession | null,
    tag: string,
  ): Map<string, string> {
    const settings = new Map([
      ['log_comment', request.queryId],
      ...request.settings,
      [tagSetting, tag],
    ])
    // Mapped, the whole file would count as memory of this process.
    if (statement.insert !== null) settings.set('storage_file_read_method', 'pread')
    if (statement.insert?.mayInterpret === false) {
      settings.set('input_format_values_interpret_expressions', '0')
      settings.set('input_format_values_deduce_templates_of_expressions', '0')
    }
    if (statement.insert === null && !settings.has('max_result_bytes')) {
      const measure = headerMeasure(resultFormat(statement.sql, request))
      if (measure === null || !mayStream(statement, request, named)) {
        settings.set('max_result_bytes', String(this.#limits.maxBufferedBytes))
      }
    }
    return settings
  }

  #preamble(
    request: QueryRequest,
    settings: ReadonlyMap<string, string>,
    named: ClientSession | null,
  ): string[] {
    const limits = [
      ...ofServer,
      ['max_execution_time', String(this.#limits.maxExecutionSeconds)],
      ['max_memory_usage', String(this.#limits.maxMemoryBytes)],
    ] as const
    const set = (pairs: Iterable<readonly [string, string]>) =>
      `set ${[...pairs].map(([name, value]) => `${name} = ${literal(value)}`).join(', ')}`
    const lines = [set(limits), ...(named?.statements ?? []), set(settings)]
    for (const [name, value] of request.parameters)
      lines.push(`set param_${name} = ${literal(value)}`)
    if (request.database !== null) lines.push(`use ${quotedName(request.database)}`)
    return lines
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

const oneArray = /output_format_json_array_of_rows|extremes/i

/** Not where several chunks would not make one result: totals, extremes, one array of all rows. */
function mayStream(
  statement: PreparedStatement,
  request: QueryRequest,
  named: ClientSession | null,
): boolean {
  // Planning a stream computes what is constant, and the reader must not do that on the event loop.
  if (request.isReader) return false
  const set = [...request.settings.keys(), ...(named?.statements ?? [])]
  return isStreamable(statement.sql) && !set.some((text) => oneArray.test(text))
}

function readOnlyError(): ClickHouseError {
  return new ClickHouseError(164, 'READONLY', 'Cannot execute query in readonly mode.')
}

async function runText(
  session: NativeSession,
  request: QueryRequest,
  sql: string,
  { isRead, streams }: { isRead: boolean; streams: boolean },
  output: QueryOutput,
): Promise<QuerySummary> {
  const format = resultFormat(sql, request)
  const measure = headerMeasure(format)
  const summary = emptySummary()
  if (measure === null || !streams) {
    const result = await session.query(sql, format)
    output.begin(isRead || result.bytes.length > 0 ? format : null)
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
  statement: PreparedStatement,
  output: QueryOutput,
): Promise<QuerySummary> {
  const written = await session.insert(statement.sql)
  output.begin(null)
  return {
    ...emptySummary(),
    readRows: written.rowsWritten,
    readBytes: written.bytesWritten,
    writtenRows: written.rowsWritten,
    writtenBytes: written.bytesWritten,
  }
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

/** The file is ours: what the engine says of it means the body of the request. */
function withoutFile(error: ClickHouseError, statement: PreparedStatement): ClickHouseError {
  if (statement.insert === null) return error
  const message = error.message
    .replaceAll(`(in file/uri ${statement.insert.data.path})`, '(in the data of the INSERT)')
    .replace(': While executing File: data for INSERT was parsed from file', '')
    .replaceAll(statement.insert.data.path, 'the data of the INSERT')
  return new ClickHouseError(error.code, error.type, message, { cause: error })
}

function explained(error: ClickHouseError, request: QueryRequest): ClickHouseError {
  if (error.type !== 'READONLY' || !request.readOnly) return error
  const why = request.isReader
    ? 'This account may only read.'
    : 'For queries over HTTP, method GET implies readonly. ' +
      'You should use method POST for modifying queries.'
  return new ClickHouseError(error.code, error.type, `${error.message} ${why}`, { cause: error })
}
