// chDB through its native addon. The package's own Session is not used: its close() waits for every
// operation of the process, so one long query would keep the connections of all later requests
// open; and its insert() puts the data behind the statement's text, where the engine reads statements.
// Invariant: a connection is closed only when nothing runs on it (the engine aborts otherwise).

import { createRequire } from 'node:module'
import { z } from 'zod'

type Connection = { readonly connection: unique symbol }
type StreamHandle = { readonly stream: unique symbol }

export interface BufferedResult {
  bytes: Buffer
  rowsRead: number
  bytesRead: number
}

export interface ResultChunk {
  bytes: Buffer
  numRows: number
}

export interface WrittenRows {
  rowsWritten: number
  bytesWritten: number
}

/** What the engine's own parser makes of a text, without running any of it. */
export interface StatementClass {
  /** 0: it cannot be parsed. Data after INSERT … FORMAT that follows a blank line counts as a statement. */
  statementCount: number
  /** `mutating` is INSERT, CREATE, ALTER, DROP; `control` is SET, USE, SYSTEM, KILL and the like. */
  kind: 'read_only' | 'mutating' | 'mutating_global' | 'control' | 'unknown'
}

const statementKinds = ['read_only', 'mutating', 'mutating_global', 'control', 'unknown'] as const

export interface Addon {
  CreateConnection(path: string): Connection
  CloseConnection(connection: Connection): void
  QueryWithConnection(connection: Connection, sql: string, format: string): string
  QueryAsyncConnection(
    connection: Connection,
    sql: string,
    format: string,
  ): Promise<Partial<BufferedResult>>
  InsertRawAsyncConnection(
    connection: Connection,
    prefix: string,
    data: Buffer,
    countLines: boolean,
  ): Promise<WrittenRows>
  DurableClassifyAsync(
    connection: Connection,
    sql: string,
    database: string,
  ): Promise<{ statementCount: number; queryClass: number }>
  StreamQuery(connection: Connection, sql: string, format: string): StreamHandle
  StreamFetch(stream: StreamHandle): Promise<{ done: boolean } & Partial<ResultChunk>>
  StreamCancel(stream: StreamHandle): void
}

const functions = [
  'CreateConnection',
  'CloseConnection',
  'QueryWithConnection',
  'QueryAsyncConnection',
  'InsertRawAsyncConnection',
  'DurableClassifyAsync',
  'StreamQuery',
  'StreamFetch',
  'StreamCancel',
] as const

const addonShape = z.looseObject(
  Object.fromEntries(functions.map((name) => [name, z.custom((f) => typeof f === 'function')])),
)

const packages: Record<string, string> = {
  'linux-x64': '@chdb/lib-linux-x64-gnu',
  'linux-arm64': '@chdb/lib-linux-arm64-gnu',
  'darwin-x64': '@chdb/lib-darwin-x64',
  'darwin-arm64': '@chdb/lib-darwin-arm64',
}

/** Where the library of this platform is, without loading it. @throws where it is not installed */
export function findAddon(): string {
  const name = packages[`${process.platform}-${process.arch}`]
  if (name === undefined) throw new Error(`no build for ${process.platform}-${process.arch}`)
  const chdb = createRequire(import.meta.url).resolve('chdb/package.json')
  return createRequire(chdb).resolve(name)
}

/** Loads chDB; needed before a process gives up the right to read it. */
export function loadAddon(): Addon {
  const platform = `${process.platform}-${process.arch}`
  const name = packages[platform]
  if (name === undefined) {
    throw new Error(
      `Embedded ClickHouse (chDB) has no build for ${platform}: set CLICKHOUSE_URL to a server.`,
    )
  }
  let loaded: unknown
  try {
    const chdb = createRequire(import.meta.url).resolve('chdb/package.json')
    loaded = createRequire(chdb)(name)
  } catch (cause) {
    throw new Error(
      `Embedded ClickHouse (chDB) is not installed: ${name} cannot be loaded. ` +
        'Run npm ci without --omit=optional, or set CLICKHOUSE_URL to a server.',
      { cause },
    )
  }
  const checked = addonShape.safeParse(loaded)
  if (!checked.success) {
    throw new Error(
      `${name} does not offer what this version needs (${checked.error.issues
        .map((issue) => issue.path.join('.'))
        .join(', ')}): install the version of chdb that package.json names.`,
    )
  }
  return loaded as Addon
}

/** One folder, any number of independent sessions. */
export class NativeEngine {
  readonly #addon: Addon
  readonly #folder: string
  /** Keeps the engine and its tables loaded between requests. */
  readonly #anchor: NativeSession

  constructor(folder: string, addon: Addon) {
    this.#addon = addon
    this.#folder = folder
    this.#anchor = this.openSession()
  }

  openSession(): NativeSession {
    return new NativeSession(this.#addon, this.#addon.CreateConnection(this.#folder))
  }

  close(): void {
    this.#anchor.close()
  }
}

/** Settings, database and parameters of one request; runs one query at a time. */
export class NativeSession {
  readonly #addon: Addon
  readonly #connection: Connection
  #closed = false
  #running = 0

  constructor(addon: Addon, connection: Connection) {
    this.#addon = addon
    this.#connection = connection
  }

  /** Blocks the event loop: only for statements that take microseconds, such as SET and USE. */
  runNow(sql: string): string {
    return this.#addon.QueryWithConnection(this.#connection, sql, 'TSV')
  }

  async query(sql: string, format: string): Promise<BufferedResult> {
    return await this.#tracked(async () => {
      const result = await this.#addon.QueryAsyncConnection(this.#connection, sql, format)
      return {
        bytes: result.bytes ?? Buffer.alloc(0),
        rowsRead: result.rowsRead ?? 0,
        bytesRead: result.bytesRead ?? 0,
      }
    })
  }

  /** Runs an INSERT that names its source itself, and counts what it wrote. */
  async insert(sql: string): Promise<WrittenRows> {
    const noData = Buffer.alloc(0)
    return await this.#tracked(() =>
      this.#addon.InsertRawAsyncConnection(this.#connection, sql, noData, false),
    )
  }

  /** Parses with the engine's own parser and the settings of this session; runs nothing. */
  async classify(sql: string): Promise<StatementClass> {
    const { statementCount, queryClass } = await this.#tracked(() =>
      this.#addon.DurableClassifyAsync(this.#connection, sql, 'marts'),
    )
    return { statementCount, kind: statementKinds[queryClass] ?? 'unknown' }
  }

  /** Each chunk is a document of its own in the given format, header included. */
  async *stream(sql: string, format: string): AsyncGenerator<ResultChunk> {
    const handle = this.#addon.StreamQuery(this.#connection, sql, format)
    let ended = false
    try {
      while (true) {
        const chunk = await this.#tracked(() => this.#addon.StreamFetch(handle))
        if (chunk.done) {
          ended = true
          return
        }
        yield { bytes: chunk.bytes ?? Buffer.alloc(0), numRows: chunk.numRows ?? 0 }
      }
    } catch (error) {
      ended = true
      throw error
    } finally {
      if (!ended) this.#addon.StreamCancel(handle)
    }
  }

  close(): void {
    if (this.#closed) return
    if (this.#running > 0) throw new Error('A chDB session was closed while a query ran on it')
    this.#closed = true
    this.#addon.CloseConnection(this.#connection)
  }

  async #tracked<Result>(run: () => Promise<Result>): Promise<Result> {
    this.#running += 1
    try {
      return await run()
    } finally {
      this.#running -= 1
    }
  }
}
