// Inside a runner: what one attempt writes, in the order it was written: `ctx.log`, the console,
// process.stdout and process.stderr. Each line is made storable, masked, then cut, then sent on in
// batches. What is kept of a line and of a log is bounded, and a line costs something without a letter.

import { StringDecoder } from 'node:string_decoder'
import { inspect } from 'node:util'
import { cutText, type SecretMask } from '../../connections/mask-secrets.ts'
import { storableText } from '../../connections/postgres-text.ts'
import { NotJsonError, plainJson } from '../graph/plain-json.ts'
import type { Json } from '../graph/serialized-dag.ts'
import type { TaskLog } from '../sdk/task-context.ts'
import { taskLog } from '../sdk/task-log.ts'
import type { RunnerLine, RunnerSettings } from './runner-protocol.ts'

const LINES_PER_MESSAGE = 64
const COST_PER_MESSAGE = 64 * 1024
/** Of a line's row in Postgres, and of its way there. */
const LINE_COST = 100
const MAX_FIELDS_BYTES = 16_384

type Stream = 'stdout' | 'stderr'

/** A line whose end has not been written yet. */
interface Unfinished {
  decoder: StringDecoder
  text: string
  /** Characters that were not kept. */
  dropped: number
}

/** Sends lines on. False when they could not be sent and are lost. */
export type SendLines = (lines: RunnerLine[], cost: number) => boolean

export class AttemptOutput {
  readonly log: TaskLog
  readonly #send: SendLines
  readonly #mask: SecretMask
  readonly #settings: RunnerSettings
  readonly #unfinished: Record<Stream, Unfinished> = { stdout: unfinished(), stderr: unfinished() }
  /** What is kept of a line until it is masked: a secret at the end of what is shown is in it whole. */
  readonly #keptOfLine: number
  #lines: RunnerLine[] = []
  #cost = 0
  #nLost = 0
  #bytesLeft: number
  #scheduled: NodeJS.Immediate | undefined
  #closed = false

  constructor(settings: RunnerSettings, mask: SecretMask, send: SendLines) {
    this.#settings = settings
    this.#mask = mask
    this.#send = send
    this.#bytesLeft = settings.maxLogBytes
    this.#keptOfLine = settings.maxLineLength + mask.longest
    this.log = taskLog((level, message, fields) => {
      if (this.#isOver) return
      const { text, dropped } = this.#begin(textOf(message))
      this.#add('log', level, this.#shown(text, dropped), fields === undefined ? null : fields)
    })
  }

  /** A write to process.stdout or process.stderr; a line is one when it ends. */
  write(stream: Stream, chunk: string | Uint8Array, encoding: BufferEncoding = 'utf8'): void {
    if (this.#isOver) return
    const line = this.#unfinished[stream]
    const text = decode(line.decoder, chunk, encoding)
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#extend(line, text, start, end)
      this.#endLine(stream)
      if (this.#isOver) return
      start = end + 1
    }
    this.#extend(line, text, start, text.length)
  }

  /** Sends what is left; what comes later belongs to no attempt and is dropped. */
  close(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const line = this.#unfinished[stream]
      const rest = line.decoder.end()
      this.#extend(line, rest, 0, rest.length)
      if (line.text !== '') this.#endLine(stream)
    }
    this.flush()
    this.#closed = true
  }

  flush(): void {
    // One that is left would keep the thread busy for a moment.
    clearImmediate(this.#scheduled)
    this.#scheduled = undefined
    if (this.#lines.length === 0) return
    const lines = this.#lines
    const cost = this.#cost
    this.#lines = []
    this.#cost = 0
    if (this.#nLost > 0) {
      const message = `[${this.#nLost} lines are missing here: the log could not be written in time]`
      lines.unshift(lineOf('system', 'warning', message))
    }
    if (this.#send(lines, cost)) this.#nLost = 0
    else this.#nLost += lines.length - (this.#nLost > 0 ? 1 : 0)
  }

  get #isOver(): boolean {
    return this.#closed || this.#bytesLeft <= 0
  }

  #begin(text: string): Pick<Unfinished, 'text' | 'dropped'> {
    const kept = text.slice(0, this.#keptOfLine)
    return { text: kept, dropped: text.length - kept.length }
  }

  #extend(line: Unfinished, text: string, start: number, end: number): void {
    if (start === end) return
    const room = this.#keptOfLine - line.text.length
    line.text += text.slice(start, Math.min(end, start + room))
    line.dropped += Math.max(0, end - start - room)
  }

  #endLine(stream: Stream): void {
    const line = this.#unfinished[stream]
    const { text, dropped } = line
    line.text = ''
    line.dropped = 0
    const level = stream === 'stderr' ? 'error' : 'info'
    this.#add(stream, level, this.#shown(text.replace(/\r$/, ''), dropped), null)
  }

  #shown(text: string, dropped: number): string {
    return cutText(this.#mask(storableText(text)), this.#settings.maxLineLength, {
      dropped,
      longestSecret: this.#mask.longest,
    })
  }

  #add(
    stream: RunnerLine['stream'],
    level: RunnerLine['level'],
    message: string,
    fields: object | null,
  ): void {
    let line = lineOf(stream, level, message, fields && this.#fields(fields))
    const cost =
      LINE_COST +
      Buffer.byteLength(message) +
      (line.fields === null ? 0 : JSON.stringify(line.fields).length)
    this.#bytesLeft -= cost
    this.#cost += cost
    if (this.#bytesLeft <= 0) {
      line = lineOf(
        'system',
        'warning',
        `[cut: the log of this attempt is longer than ${this.#settings.maxLogBytes} bytes, of which each line takes ${LINE_COST} beside its text; the rest is not kept]`,
      )
    }
    this.#lines.push(line)
    if (this.#lines.length >= LINES_PER_MESSAGE || this.#cost >= COST_PER_MESSAGE) this.flush()
    else this.#scheduled ??= setImmediate(() => this.flush())
  }

  #fields(fields: object): { [key: string]: Json } {
    try {
      const json = plainJson(fields, {
        path: 'fields',
        maxBytes: MAX_FIELDS_BYTES,
        replace: (value) => (value instanceof Date ? value.toISOString() : undefined),
        text: storableText,
      })
      return JSON.parse(this.#mask(JSON.stringify(json)))
    } catch (error) {
      // Logging must not fail a task: what is not JSON is shown as the console would.
      const why = error instanceof NotJsonError ? error.message : 'not JSON'
      const text = inspected(fields, MAX_FIELDS_BYTES + this.#mask.longest)
      return { text: cutText(this.#mask(text), MAX_FIELDS_BYTES), problem: why }
    }
  }
}

function lineOf(
  stream: RunnerLine['stream'],
  level: RunnerLine['level'],
  message: string,
  fields: RunnerLine['fields'] = null,
): RunnerLine {
  return { loggedAt: new Date().toISOString(), level, stream, message, fields }
}

function unfinished(): Unfinished {
  return { decoder: new StringDecoder('utf8'), text: '', dropped: 0 }
}

/** Bytes may end within a character, whose rest comes with the next. */
function decode(
  decoder: StringDecoder,
  chunk: string | Uint8Array,
  encoding: BufferEncoding,
): string {
  if (typeof chunk !== 'string') return decoder.write(Buffer.from(chunk))
  if (encoding === 'utf8' || encoding === 'utf-8') return decoder.end() + chunk
  return decoder.write(Buffer.from(chunk, encoding))
}

function textOf(message: unknown): string {
  return typeof message === 'string' ? message : inspected(message, Number.POSITIVE_INFINITY)
}

/** Never throws, whatever the value does when it is looked at. */
function inspected(value: unknown, maxStringLength: number): string {
  try {
    return inspect(value, { maxStringLength })
  } catch {
    return '[a value that cannot be shown]'
  }
}
