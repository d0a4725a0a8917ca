// The worker's end of an attempt's log: numbers the lines and hands them to the writer, a piece at a
// time. So attempts take turns: one that writes much waits for its own lines, and holds up nobody's end.

import type { LogLine } from '../store/attempts.ts'
import type { LogWriter } from './log-writer.ts'
import type { RunnerLine } from './runner-protocol.ts'
import { errorText, type SecretMask } from './secrets.ts'

// A piece takes a few milliseconds to write.
const LINES_PER_PIECE = 100
const CHARACTERS_PER_PIECE = 128 * 1024

interface Added {
  lines: LogLine[]
  onWritten: () => void
}

export class AttemptLog {
  readonly #writer: LogWriter
  readonly #attempt: { taskInstanceId: string; tryNumber: number }
  readonly #mask: SecretMask
  #nextLine = 1
  #waiting: Added[] = []
  #writing: Promise<void> | undefined

  constructor(
    writer: LogWriter,
    attempt: { taskInstanceId: string; tryNumber: number },
    mask: SecretMask,
  ) {
    this.#writer = writer
    this.#mask = mask
    this.#attempt = attempt
  }

  /** Resolves when they are written, or lost. */
  add(lines: readonly RunnerLine[]): Promise<void> {
    const { taskInstanceId, tryNumber } = this.#attempt
    const numbered = lines.map((line) => ({
      ...line,
      taskInstanceId,
      tryNumber,
      lineNumber: this.#nextLine++,
    }))
    return new Promise((onWritten) => {
      this.#waiting.push({ lines: numbered, onWritten })
      this.#writing ??= this.#write()
    })
  }

  /** A line of the worker's own, such as why the attempt failed. */
  say(level: RunnerLine['level'], text: string): void {
    const message = errorText(text, this.#mask)
    const loggedAt = new Date().toISOString()
    void this.add([{ loggedAt, level, stream: 'system', message, fields: null }])
  }

  /** Resolves when every line is written, or lost. */
  async flush(): Promise<void> {
    await this.#writing
  }

  async #write(): Promise<void> {
    // What is added at the same moment goes along.
    await undefined
    while (this.#waiting.length > 0) {
      const piece = this.#takePiece()
      await this.#writer.write(piece.flatMap(({ lines }) => lines))
      for (const { onWritten } of piece) onWritten()
    }
    this.#writing = undefined
  }

  #takePiece(): Added[] {
    let lines = 0
    let characters = 0
    const end = this.#waiting.findIndex((added) => {
      const isFull = lines >= LINES_PER_PIECE || characters >= CHARACTERS_PER_PIECE
      lines += added.lines.length
      for (const { message } of added.lines) characters += message.length
      return isFull
    })
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end)
  }
}
