// Keeps the data of INSERTs in files that this process alone writes and the engine reads, each in one
// statement. So data is never where statements are read, whatever its bytes; it takes disk and no
// memory; and an INSERT of which the body broke off has stored nothing.

import { randomUUID } from 'node:crypto'
import { createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

export interface InsertData {
  path: string
  bytes: number
  remove(): Promise<void>
}

/** Sees all of the data before the engine does, and throws to refuse it. */
export interface DataInspector {
  inspect(part: Buffer): void
}

const bufferedBytes = 1024 * 1024

export class InsertDataFolder {
  readonly #folder: string

  /** Empties the folder: what is in it is left from a process that was killed. */
  constructor(folder: string) {
    this.#folder = folder
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { mode: 0o700 })
  }

  async keep(data: AsyncIterable<Buffer>, inspector: DataInspector | null): Promise<InsertData> {
    const path = join(this.#folder, randomUUID())
    const remove = async () => await rm(path, { force: true })
    const file = createWriteStream(path, {
      flags: 'wx',
      mode: 0o600,
      highWaterMark: bufferedBytes,
    })
    try {
      await pipeline(Readable.from(inspected(data, inspector)), file)
    } catch (error) {
      await remove()
      throw error
    }
    return { path, bytes: file.bytesWritten, remove }
  }
}

async function* inspected(
  data: AsyncIterable<Buffer>,
  inspector: DataInspector | null,
): AsyncGenerator<Buffer> {
  for await (const part of data) {
    inspector?.inspect(part)
    yield part
  }
}
