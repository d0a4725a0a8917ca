// Server-sent events. A stream says something at once, so that the browser knows it is open, and every
// few seconds, so that nothing between takes it for dead. It ends in order when the server closes.

import { PassThrough } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { FastifyInstance, FastifyReply } from 'fastify'

const STILL_HERE_MS = 15_000
/** Then the browser opens it again, and is asked anew whether it is logged in. */
const LONGEST_MS = 3_600_000
const CLOSE_WITHIN_MS = 1_000

export interface ServerEvent {
  event: string
  data: object
  /** What the browser sends as Last-Event-ID when it opens the stream again. */
  id?: number | undefined
}

export class EventStream {
  readonly #body = new PassThrough()
  readonly #gone = new AbortController()

  constructor(reply: FastifyReply) {
    const stillHere = setInterval(() => {
      if (!this.#body.writableNeedDrain) this.#body.write(': still here\n\n')
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

  end(): void {
    this.#body.end()
  }
}

/** The streams that are open on a server, all of which end before it closes. */
export class EventStreams {
  readonly #open = new Map<EventStream, Promise<unknown>>()

  constructor(app: FastifyInstance) {
    app.addHook('preClose', async () => {
      for (const stream of this.#open.keys()) stream.end()
      await Promise.race([Promise.all(this.#open.values()), after(CLOSE_WITHIN_MS)])
    })
  }

  open(reply: FastifyReply): EventStream {
    const stream = new EventStream(reply)
    const closed = finished(reply.raw)
      .catch(() => {})
      .finally(() => this.#open.delete(stream))
    this.#open.set(stream, closed)
    return stream
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
