// Inside a runner: what one attempt writes, in the order it was written: `ctx.log`, the console,
// process.stdout and process.stderr. Each line is masked, then cut, then sent on in batches.

import { inspect } from 'node:util'
import { NotJsonError, plainJson } from '../graph/plain-json.ts'
import type { Json } from '../graph/serialized-dag.ts'
import type { TaskLog } from '../sdk/task-context.ts'
import type { RunnerLine, RunnerSettings } from './runner-protocol.ts'
import { cutText, type Mask } from './secrets.ts'

const LINES_PER_MESSAGE = 64
const MAX_FIELDS_BYTES = 16_384

type Stream = 'stdout' | 'stderr'

export class AttemptOutput {
  readonly log: TaskLog
  readonly #send: (lines: RunnerLine[]) => void
  readonly #mask: Mask
  readonly #settings: RunnerSettings
  readonly #partial: Record<Stream, string> = { stdout: '', stderr: '' }
  #lines: RunnerLine[] = []
  #bytesLeft: number
  #flushScheduled = false
  #closed = false

  constructor(settings: RunnerSettings, mask: Mask, send: (lines: RunnerLine[]) => void) {
    this.#settings = settings
    this.#mask = mask
    this.#send = send
    this.#bytesLeft = settings.maxLogBytes
    const at = (level: RunnerLine['level']) => (message: string, fields?: object) =>
      this.#add('log', level, String(message), fields === undefined ? null : this.#fields(fields))
    this.log = { debug: at('debug'), info: at('info'), warning: at('warning'), error: at('error') }
  }

  /** A write to process.stdout or process.stderr; a line is one when it ends. */
  write(stream: Stream, text: string): void {
    const parts = (this.#partial[stream] + text).split('\n')
    // A line that never ends is not kept beyond what would be shown of it, twice over for the mask.
    const rest = parts.pop()!
    this.#partial[stream] = rest.slice(0, 2 * this.#settings.maxLineLength)
    for (const part of parts) this.#addStreamLine(stream, part)
  }

  /** Sends what is left; what comes later belongs to no attempt and is dropped. */
  close(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#partial[stream]) this.#addStreamLine(stream, this.#partial[stream])
      this.#partial[stream] = ''
    }
    this.flush()
    this.#closed = true
  }

  flush(): void {
    this.#flushScheduled = false
    if (this.#lines.length === 0) return
    const lines = this.#lines
    this.#lines = []
    this.#send(lines)
  }

  #addStreamLine(stream: Stream, text: string): void {
    this.#add(stream, stream === 'stderr' ? 'error' : 'info', text.replace(/\r$/, ''), null)
  }

  #add(
    stream: RunnerLine['stream'],
    level: RunnerLine['level'],
    text: string,
    fields: { [key: string]: Json } | null,
  ): void {
    if (this.#closed || this.#bytesLeft <= 0) return
    let message = cutText(this.#mask(text), this.#settings.maxLineLength)
    this.#bytesLeft -= Buffer.byteLength(message) + (fields ? JSON.stringify(fields).length : 0)
    if (this.#bytesLeft <= 0) {
      message = `[cut: the log of this attempt is longer than ${this.#settings.maxLogBytes} bytes; the rest is not kept]`
      stream = 'system'
      level = 'warning'
      fields = null
    }
    this.#lines.push({ loggedAt: new Date().toISOString(), level, stream, message, fields })
    if (this.#lines.length >= LINES_PER_MESSAGE) this.flush()
    else if (!this.#flushScheduled) {
      this.#flushScheduled = true
      setImmediate(() => this.flush())
    }
  }

  #fields(fields: object): { [key: string]: Json } {
    try {
      const json = plainJson(fields, {
        path: 'fields',
        maxBytes: MAX_FIELDS_BYTES,
        replace: (value) => (value instanceof Date ? value.toISOString() : undefined),
      })
      return JSON.parse(this.#mask(JSON.stringify(json)))
    } catch (error) {
      // Logging must not fail a task: what is not JSON is shown as the console would.
      const why = error instanceof NotJsonError ? error.message : 'not JSON'
      return { text: cutText(this.#mask(inspect(fields)), MAX_FIELDS_BYTES), problem: why }
    }
  }
}
