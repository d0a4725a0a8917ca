// ClickHouse's HTTP interface on loopback. Order of the checks: Host (a page that rebinds its name
// to 127.0.0.1 must not reach it), path, method, user; only then is a body read.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { requestBody, responseEncoding } from './body-encoding.ts'
import { ClickHouseError, toClickHouseError } from './clickhouse-error.ts'
import { ConcurrencyGate } from './concurrency-gate.ts'
import { authenticate, type Credentials } from './credentials.ts'
import type { InsertDataFolder } from './insert-data.ts'
import type { NativeEngine } from './native-engine.ts'
import { type PreparedStatement, QueryExecutor, type QueryLimits } from './query-execution.ts'
import { parseQueryRequest } from './query-request.ts'
import { QueryResponse } from './query-response.ts'
import { type ExternalTable, isForm, readForm } from './request-form.ts'
import { type ServerIdentity, sendError, setIdentityHeaders } from './response-headers.ts'
import type { EngineNames } from './statement-policy.ts'
import { readStatement } from './statement-reader.ts'

export interface HttpFrontOptions {
  engine: NativeEngine
  inserts: InsertDataFolder
  identity: ServerIdentity
  credentials: Credentials
  limits: QueryLimits
  names: EngineNames
  /** Queries that run at once; the libuv pool must have more threads. */
  slots: number
  /** Beside them, for the account that may only read. */
  readerSlots: number
}

/** ClickHouse takes addresses of a megabyte. */
const largestHeaders = 1024 * 1024 + 16 * 1024

const helpText = `There is no handle here.

Use / or /ping for health checks.
Or /replicas_status for more sophisticated health checks.

Send queries from your program with POST method or GET /?query=...

Use clickhouse-client:

For interactive data analysis:
    clickhouse-client
`

export class HttpFront {
  readonly server: Server
  readonly #options: HttpFrontOptions
  readonly #executor: QueryExecutor
  readonly #gates: Record<'owner' | 'reader', ConcurrencyGate>
  readonly #inFlight = new Set<Promise<void>>()

  constructor(options: HttpFrontOptions) {
    this.#options = options
    this.#executor = new QueryExecutor(
      options.engine,
      options.inserts,
      options.limits,
      options.names,
    )
    // Queries of people never wait in the way of loads, nor loads in that of people.
    this.#gates = {
      owner: new ConcurrencyGate(options.slots, 1000),
      reader: new ConcurrencyGate(options.readerSlots, 100),
    }
    this.server = createServer({ maxHeaderSize: largestHeaders }, (request, response) => {
      const handled = this.#handle(request, response).finally(() => this.#inFlight.delete(handled))
      this.#inFlight.add(handled)
    })
    // A load may take longer than any fixed time; a client that stalls in its headers may not.
    this.server.requestTimeout = 0
    this.server.headersTimeout = 30_000
    this.server.keepAliveTimeout = 30_000
  }

  /** Takes no new requests and waits for the running ones, or until `signal` aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    this.server.close()
    this.server.closeIdleConnections()
    const gaveUp = new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await Promise.race([Promise.allSettled(this.#inFlight), gaveUp])
    this.server.closeAllConnections()
    await Promise.allSettled(this.#inFlight)
    this.#executor.close()
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { identity, credentials } = this.#options
    response.on('error', () => {})
    request.on('error', () => {})
    try {
      checkHost(request)
      const url = new URL(request.url ?? '/', 'http://front')
      if (this.#answeredByPath(request, response, url)) return
      const account = authenticate(request, url, credentials)
      await this.#query(request, response, url, account === 'reader')
    } catch (error) {
      if (!response.headersSent) sendError(response, toClickHouseError(error), identity)
      else response.destroy()
    }
  }

  #answeredByPath(request: IncomingMessage, response: ServerResponse, url: URL): boolean {
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    const isHealth = url.pathname === '/ping' || url.pathname === '/replicas_status'
    const isRoot = url.pathname === '/' && url.search === ''
    if (isRead && (isHealth || isRoot)) {
      sendText(response, 200, 'Ok.\n', this.#options.identity)
    } else if (url.pathname !== '/' && url.pathname !== '/query') {
      sendText(response, 404, helpText, this.#options.identity)
    } else if (!isRead && request.method !== 'POST') {
      response.setHeader('Allow', 'GET, HEAD, POST')
      sendText(
        response,
        405,
        'Use POST, or GET for queries that only read.\n',
        this.#options.identity,
      )
    } else return false
    return true
  }

  async #query(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    isReader: boolean,
  ): Promise<void> {
    let query = parseQueryRequest(request, url, isReader)
    const output = new QueryResponse(response, this.#options.identity, {
      encoding: responseEncoding(request, query),
      queryId: query.queryId,
      waitForEnd: query.waitForEnd,
    })
    const gone = new AbortController()
    response.once('close', () => {
      if (!response.writableFinished) gone.abort(new Error('The client closed the connection'))
    })
    const gate = this.#gates[isReader ? 'reader' : 'owner']
    let entered = false
    let statement: PreparedStatement | null = null
    try {
      let body = requestBody(request, query)
      let tables: readonly ExternalTable[] = []
      const contentType = request.headers['content-type']
      if (isForm(contentType)) {
        const form = await readForm(body, contentType!, url)
        query = { ...parseQueryRequest(request, form.url, isReader), queryId: query.queryId }
        tables = form.tables
        body = noBody()
      }
      statement = await this.#executor.prepare(
        query,
        await readStatement(query.queryText, body),
        tables,
      )
      await gate.enter(gone.signal)
      entered = true
      const summary = await this.#executor.execute(query, statement, output, gone.signal)
      await output.end(summary)
    } catch (error) {
      if (gone.signal.aborted) return
      await output.fail(toClickHouseError(error))
    } finally {
      if (entered) gate.leave()
      if (statement !== null) await this.#executor.discard(statement)
    }
  }
}

async function* noBody(): AsyncGenerator<Buffer> {}

function checkHost(request: IncomingMessage): void {
  const name = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
  if (/^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(name)) return
  throw new ClickHouseError(
    516,
    'AUTHENTICATION_FAILED',
    `Host ${JSON.stringify(name.slice(0, 64))} is not served: ask for localhost or 127.0.0.1`,
    { status: 403 },
  )
}

function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  identity: ServerIdentity,
): void {
  setIdentityHeaders(response, identity)
  response.writeHead(status, {
    'Content-Type': 'text/html; charset=UTF-8',
    'Content-Length': Buffer.byteLength(text),
  })
  response.end(text)
}
