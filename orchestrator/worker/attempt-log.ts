// The worker's end of an attempt's log: numbers the lines and writes them in batches with those of
// other attempts. A log that cannot be written never fails a task.

import type { Pool } from '../../connections/postgres.ts'
import { appendLogs, type LogLine } from '../store/attempts.ts'
import { MicroBatcher } from './micro-batcher.ts'
import type { RunnerLine } from './runner-protocol.ts'
import { errorText, type Mask } from './secrets.ts'
import type { WorkerLog } from './worker-log.ts'

const LINES_PER_STATEMENT = 1_000

export class LogWriter {
  readonly #batcher: MicroBatcher<LogLine[], undefined>

  constructor(pool: Pool, log: WorkerLog) {
    this.#batcher = new MicroBatcher({
      maxItems: 32,
      async run(items) {
        const lines = items.flat()
        for (let at = 0; at < lines.length; at += LINES_PER_STATEMENT) {
          const some = lines.slice(at, at + LINES_PER_STATEMENT)
          try {
            // A line that is there already is left: sending it again is harmless.
            await appendLogs(pool, some).catch(() => appendLogs(pool, some))
          } catch (error) {
            log('error', `${some.length} lines of task logs were lost: ${String(error)}`)
          }
        }
        return items.map(() => undefined)
      },
    })
  }

  write(lines: LogLine[]): Promise<undefined> {
    return this.#batcher.add(lines)
  }

  idle(): Promise<void> {
    return this.#batcher.idle()
  }
}

export class AttemptLog {
  readonly #writer: LogWriter
  readonly #attempt: { taskInstanceId: string; tryNumber: number }
  readonly #mask: Mask
  #nextLine = 1
  #written: Promise<unknown> | undefined

  constructor(
    writer: LogWriter,
    attempt: { taskInstanceId: string; tryNumber: number },
    mask: Mask,
  ) {
    this.#writer = writer
    this.#mask = mask
    this.#attempt = attempt
  }

  add(lines: readonly RunnerLine[]): void {
    const { taskInstanceId, tryNumber } = this.#attempt
    this.#written = this.#writer.write(
      lines.map((line) => ({ ...line, taskInstanceId, tryNumber, lineNumber: this.#nextLine++ })),
    )
  }

  /** A line of the worker's own, such as why the attempt failed. */
  say(level: RunnerLine['level'], text: string): void {
    const message = errorText(text, this.#mask)
    const loggedAt = new Date().toISOString()
    this.add([{ loggedAt, level, stream: 'system', message, fields: null }])
  }

  /** Batches are written in order: when the last is, all are. */
  async flush(): Promise<void> {
    await this.#written
  }
}
