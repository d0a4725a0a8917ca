// Writes one result as ClickHouse does: the first megabyte is held back, so that an error in it is
// a clean error response and a small result carries its summary; what follows is streamed. An error
// after that ends the body with ClickHouse's exception block and breaks the connection, so that no
// client takes a part for the whole.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Transform } from 'node:stream'
import { type BodyEncoding, encodedWhole } from './body-encoding.ts'
import { type ClickHouseError, errorText } from './clickhouse-error.ts'
import type { QueryOutput, QuerySummary } from './query-execution.ts'
import {
  contentType,
  type ServerIdentity,
  sendError,
  setIdentityHeaders,
} from './response-headers.ts'

const heldBytes = 1024 * 1024
const heldToTheEnd = 256 * 1024 * 1024

export class QueryResponse implements QueryOutput {
  readonly #response: ServerResponse
  readonly #identity: ServerIdentity
  readonly #encoding: BodyEncoding | null
  readonly #limit: number
  readonly #startedAt: bigint
  readonly #tag = randomBytes(8).toString('hex')
  #held: Buffer[] = []
  #heldSize = 0
  #body: ServerResponse | Transform | null = null

  constructor(
    response: ServerResponse,
    identity: ServerIdentity,
    options: { encoding: BodyEncoding | null; queryId: string; waitForEnd: boolean },
  ) {
    this.#response = response
    this.#identity = identity
    this.#encoding = options.encoding
    this.#limit = options.waitForEnd ? heldToTheEnd : heldBytes
    this.#startedAt = process.hrtime.bigint()
    response.setHeader('X-ClickHouse-Query-Id', options.queryId)
  }

  begin(format: string | null): void {
    if (format !== null) this.#response.setHeader('X-ClickHouse-Format', format)
    this.#response.setHeader('Content-Type', contentType(format ?? ''))
    this.#response.setHeader('X-ClickHouse-Exception-Tag', this.#tag)
  }

  async write(bytes: Buffer): Promise<void> {
    if (bytes.length === 0) return
    if (this.#body === null) {
      this.#held.push(bytes)
      this.#heldSize += bytes.length
      if (this.#heldSize <= this.#limit) return
      await this.#startBody(null)
      return
    }
    await this.#push(bytes)
  }

  async end(summary: QuerySummary): Promise<void> {
    if (this.#body === null) await this.#startBody(summary)
    await this.#finishEncoding()
    this.#response.end()
  }

  async fail(error: ClickHouseError): Promise<void> {
    const text = errorText(error, this.#identity.version)
    if (this.#body === null) {
      // Drivers decode the text of an error as they would have decoded the result.
      const encoded = this.#encoding && {
        bytes: await encodedWhole(this.#encoding, Buffer.from(text)),
        contentEncoding: this.#encoding.name,
      }
      sendError(this.#response, error, this.#identity, encoded)
      return
    }
    const block =
      `\r\n__exception__\r\n${this.#tag}\r\n${text}` +
      `${Buffer.byteLength(text)} ${this.#tag}\r\n__exception__\r\n`
    await this.#push(Buffer.from(block))
    await this.#finishEncoding()
    await this.#flush()
    // Without the last chunk of the chunked encoding: the client sees an incomplete body.
    this.#response.socket?.end()
  }

  async #startBody(summary: QuerySummary | null): Promise<void> {
    const response = this.#response
    setIdentityHeaders(response, this.#identity)
    response.setHeader('X-ClickHouse-Summary', this.#summaryText(summary))
    const held = Buffer.concat(this.#held)
    this.#held = []
    if (this.#encoding === null) {
      if (summary !== null) response.setHeader('Content-Length', held.length)
      this.#body = response
    } else {
      if (this.#encoding.name !== null) response.setHeader('Content-Encoding', this.#encoding.name)
      const transform = this.#encoding.transform()
      // Ending the response is ours to decide: an error must leave the body incomplete.
      transform.pipe(response, { end: false })
      this.#body = transform
    }
    response.writeHead(200)
    if (held.length > 0) await this.#push(held)
  }

  async #finishEncoding(): Promise<void> {
    const body = this.#body
    if (body === null || body === this.#response) return
    const ended = once(body, 'end')
    body.end()
    await ended
  }

  /** Until the socket has taken all that was written: ending it before loses what Node still holds. */
  async #flush(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#response.once('close', resolve)
      this.#response.write('', () => resolve())
    })
  }

  async #push(bytes: Buffer): Promise<void> {
    const body = this.#body!
    if (body.write(bytes)) return
    const gone = new AbortController()
    const onClose = () => gone.abort(new Error('The client closed the connection'))
    this.#response.once('close', onClose)
    try {
      if (this.#response.destroyed) throw new Error('The client closed the connection')
      await once(body, 'drain', { signal: gone.signal })
    } finally {
      this.#response.off('close', onClose)
    }
  }

  #summaryText(summary: QuerySummary | null): string {
    const elapsed = process.hrtime.bigint() - this.#startedAt
    return JSON.stringify({
      read_rows: String(summary?.readRows ?? 0),
      read_bytes: String(summary?.readBytes ?? 0),
      written_rows: String(summary?.writtenRows ?? 0),
      written_bytes: String(summary?.writtenBytes ?? 0),
      total_rows_to_read: '0',
      result_rows: String(summary?.resultRows ?? 0),
      result_bytes: String(summary?.resultBytes ?? 0),
      elapsed_ns: String(elapsed),
    })
  }
}
