// Server-sent events. A stream says something at once, so that the browser knows it is open, and every
// few seconds, so that nothing between takes it for dead. It ends in order when the server closes, and
// soon after the login that it was opened with.

import { PassThrough } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Pool } from '../../../connections/postgres.ts'
import { ApiError, apiErrorOf } from '../api-error.ts'
import { isLoggedIn, loginOf } from '../auth/login-hook.ts'

const STILL_HERE_MS = 15_000
/** Then the browser opens it again, and is asked anew whether it is logged in. */
const LONGEST_MS = 3_600_000
const CLOSE_WITHIN_MS = 1_000
/** One person's pages have a few each. */
const MAX_OF_USER = 20

export interface ServerEvent {
  event: string
  data: object
  /** What the browser sends as Last-Event-ID when it opens the stream again. */
  id?: number | undefined
}

export class EventStream {
  readonly #body = new PassThrough()
  readonly #gone = new AbortController()

  /** @param mayGoOn asked every few seconds; the stream ends when it says no */
  constructor(reply: FastifyReply, mayGoOn: () => Promise<boolean>) {
    const stillHere = setInterval(async () => {
      if (this.#body.writableEnded) return
      if (!this.#body.writableNeedDrain) this.#body.write(': still here\n\n')
      if (!(await mayGoOn())) this.end()
    }, STILL_HERE_MS)
    const longest = setTimeout(() => this.end(), LONGEST_MS)
    this.#body.once('close', () => {
      clearInterval(stillHere)
      clearTimeout(longest)
      this.#gone.abort()
    })
    reply.headers({
      'content-type': 'text/event-stream; charset=utf-8',
      // The connection is the stream's own: it need not be waited for when the stream has ended.
      connection: 'close',
      // Tells proxies that gather an answer before they pass it on to leave it.
      'x-accel-buffering': 'no',
    })
    reply.send(this.#body)
    this.#body.write(': open\n\n')
  }

  /** Aborts when the reader has gone or the stream was ended. */
  get signal(): AbortSignal {
    return this.#gone.signal
  }

  /** Resolves when the reader can take more, or has gone. */
  async send({ event, data, id }: ServerEvent): Promise<void> {
    if (this.signal.aborted || this.#body.writableEnded) return
    const head = id === undefined ? '' : `id: ${id}\n`
    const text = `${head}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
    if (this.#body.write(text)) return
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#body.off('drain', done)
        this.#body.off('close', done)
        resolve()
      }
      this.#body.once('drain', done)
      this.#body.once('close', done)
    })
  }

  /** What the reader has not taken yet still comes. */
  end(): void {
    this.#body.end()
    this.#gone.abort()
  }
}

export interface EventStreamsOptions {
  pool: Pool
  onError: (error: unknown) => void
}

/** The streams that are open on a server, all of which end before it closes. */
export class EventStreams {
  readonly #open = new Map<EventStream, { userName: string; closed: Promise<unknown> }>()
  readonly #options: EventStreamsOptions

  constructor(app: FastifyInstance, options: EventStreamsOptions) {
    this.#options = options
    app.addHook('preClose', async () => {
      for (const stream of this.#open.keys()) stream.end()
      const closed = [...this.#open.values()].map((one) => one.closed)
      await Promise.race([Promise.all(closed), after(CLOSE_WITHIN_MS)])
    })
  }

  /** @throws ApiError too_many_streams */
  open(request: FastifyRequest, reply: FastifyReply): EventStream {
    const userName = loginOf(request).user.name
    const ofUser = [...this.#open.values()].filter((one) => one.userName === userName)
    if (ofUser.length >= MAX_OF_USER) {
      throw new ApiError(
        'too_many_streams',
        `The user "${userName}" has ${MAX_OF_USER} streams of events open, and may have no more. Close a few pages of Terrace, or give each program a user of its own.`,
      )
    }
    const stream = new EventStream(reply, () => this.#mayGoOn(request))
    const closed = finished(reply.raw)
      .catch(() => {})
      .finally(() => this.#open.delete(stream))
    this.#open.set(stream, { userName, closed })
    return stream
  }

  /** A database that is away ends no stream. */
  async #mayGoOn(request: FastifyRequest): Promise<boolean> {
    try {
      return await isLoggedIn(this.#options.pool, request)
    } catch (error) {
      if (apiErrorOf(error).code !== 'database_unavailable') this.#options.onError(error)
      return true
    }
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
