// The parent's side of the child that loads DAG files: it asks, waits within a limit, and tells a
// file that hangs, crashes or eats the memory from one that answers.

import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { SerializedDag } from '../graph/serialized-dag.ts'
import { clean, type LoadFailure } from './describe-load-error.ts'
import type { ParseReply, ParseRequest } from './parse-child.ts'

export interface ParseLimits {
  timeLimitMs: number
  memoryLimitMb: number
}

/** Of one file. */
export const PARSE_LIMITS: ParseLimits = { timeLimitMs: 30_000, memoryLimitMb: 512 }

export type ParseOutcome =
  | { dags: SerializedDag[] }
  /** When not certain, it may have been the doing of a file that the child loaded before. */
  | { failure: LoadFailure; isCertain: boolean }

const START_LIMIT_MS = 30_000
const KEPT_OUTPUT = 4_000

export class ParseProcess {
  readonly #child: ChildProcess
  readonly #limits: ParseLimits
  readonly #ended: Promise<void>
  #waiting: ((reply: ParseReply | 'exit' | 'late') => void) | null = null
  #stderr = ''
  #gone = false
  #ready = false
  /** How many files the child has loaded. */
  parsed = 0

  constructor(limits: ParseLimits) {
    this.#limits = limits
    const isSource = import.meta.url.endsWith('.ts')
    const child = new URL(isSource ? './parse-child.ts' : './parse-child.js', import.meta.url)
    const loader = isSource ? ['--import', import.meta.resolve('tsx')] : []
    this.#child = fork(fileURLToPath(child), [], {
      execArgv: [...loader, `--max-old-space-size=${limits.memoryLimitMb}`],
      // What a file prints when it is loaded belongs to nobody; errors are kept for the message.
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-KEPT_OUTPUT)
    })
    this.#child.on('message', (message: ParseReply) => {
      if (message?.type?.startsWith?.('terrace:')) this.#waiting?.(message)
    })
    this.#ended = new Promise((resolve) => {
      const end = () => {
        this.#gone = true
        this.#waiting?.('exit')
        resolve()
      }
      this.#child.once('close', end)
      this.#child.once('error', end)
    })
  }

  get isGone(): boolean {
    return this.#gone
  }

  async parse(folder: string, file: string): Promise<ParseOutcome> {
    if (!this.#ready) {
      const started = await this.#wait(START_LIMIT_MS)
      if (started === 'exit' || started === 'late') return this.#crash(started, folder)
      this.#ready = true
    }
    const waiting = this.#wait(this.#limits.timeLimitMs)
    this.parsed++
    this.#child.send({ type: 'parse', folder, file } satisfies ParseRequest, () => {})
    const reply = await waiting
    if (reply === 'exit' || reply === 'late') return this.#crash(reply, folder)
    if (reply.type === 'terrace:parsed') return { dags: reply.dags }
    if (reply.type === 'terrace:failed') return reply
    throw new Error(`The child that loads DAG files answered ${reply.type} out of turn.`)
  }

  async end(): Promise<void> {
    if (!this.#gone) this.#child.kill('SIGKILL')
    await this.#ended
  }

  #wait(limitMs: number): Promise<ParseReply | 'exit' | 'late'> {
    if (this.#gone) return Promise.resolve('exit')
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#waiting?.('late'), limitMs)
      this.#waiting = (reply) => {
        clearTimeout(timer)
        this.#waiting = null
        resolve(reply)
      }
    })
  }

  async #crash(how: 'exit' | 'late', folder: string): Promise<ParseOutcome> {
    await this.end()
    const message = clean(this.#crashMessage(how), folder)
    return { failure: { message, line: null }, isCertain: false }
  }

  #crashMessage(how: 'exit' | 'late'): string {
    const { timeLimitMs, memoryLimitMb } = this.#limits
    if (how === 'late') {
      return `The file was not loaded within ${timeLimitMs / 1000} s. Look for an endless loop, or an await at its top level; load data inside a task.`
    }
    if (this.#stderr.includes('heap out of memory')) {
      return `The file needs more than ${memoryLimitMb} MB when it is loaded. Load data inside a task.`
    }
    const { exitCode, signalCode } = this.#child
    const ending = signalCode === null ? `with exit code ${exitCode}` : `by ${signalCode}`
    const last = this.#stderr.trim().split('\n').at(-1)
    return `The file ended the process that loaded it, ${ending}${last ? ` (${last})` : ''}. Remove process.exit() and native code that crashes from what runs at import.`
  }
}
