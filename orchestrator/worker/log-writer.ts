// Writes the log lines of all attempts of a worker in batches. A log that cannot be written never fails
// a task, and a line that Postgres refuses takes no other line with it: its batch is halved until the
// line is alone, and a line that says so takes its place.

import type { Pool } from '../../connections/postgres.ts'
import { appendLogs, type LogLine } from '../store/attempts.ts'
import { MicroBatcher } from './micro-batcher.ts'
import { mayPassLater } from './postgres-errors.ts'
import type { WorkerLog } from './worker-log.ts'

const ATTEMPTS_PER_BATCH = 32
const LINES_PER_STATEMENT = 1_000

export class LogWriter {
  readonly #batcher: MicroBatcher<LogLine[], undefined>
  readonly #pool: Pool
  readonly #log: WorkerLog

  constructor(pool: Pool, log: WorkerLog) {
    this.#pool = pool
    this.#log = log
    this.#batcher = new MicroBatcher({
      maxItems: ATTEMPTS_PER_BATCH,
      run: async (items) => {
        const lines = items.flat()
        for (let at = 0; at < lines.length; at += LINES_PER_STATEMENT) {
          await this.#append(lines.slice(at, at + LINES_PER_STATEMENT))
        }
        return items.map(() => undefined)
      },
    })
  }

  /** Resolves when the lines are written, or lost. */
  write(lines: LogLine[]): Promise<undefined> {
    return this.#batcher.add(lines)
  }

  idle(): Promise<void> {
    return this.#batcher.idle()
  }

  async #append(lines: LogLine[]): Promise<void> {
    try {
      await appendLogs(this.#pool, lines)
    } catch (error) {
      if (!mayPassLater(error)) return this.#appendHalves(lines, error)
      // A line that is there already is left: sending it again is harmless.
      await appendLogs(this.#pool, lines).catch((again: unknown) => this.#lose(lines, again))
    }
  }

  async #appendHalves(lines: LogLine[], error: unknown): Promise<void> {
    if (lines.length > 1) {
      const middle = Math.ceil(lines.length / 2)
      await this.#append(lines.slice(0, middle))
      await this.#append(lines.slice(middle))
      return
    }
    const [line] = lines
    const message = `[This line of the log could not be stored: ${messageOf(error)}]`
    const instead: LogLine = { ...line!, level: 'warning', stream: 'system', message, fields: null }
    this.#log(
      'warning',
      `A log line of task instance ${line!.taskInstanceId}, try ${line!.tryNumber}, was refused and replaced: ${messageOf(error)}`,
    )
    await appendLogs(this.#pool, [instead]).catch((again: unknown) => this.#lose(lines, again))
  }

  #lose(lines: readonly LogLine[], error: unknown): void {
    this.#log('error', `${lines.length} lines of task logs were lost: ${messageOf(error)}`)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
