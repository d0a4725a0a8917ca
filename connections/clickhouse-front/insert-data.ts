// Keeps the data of INSERTs in files that this process alone writes and the engine reads, each in one
// statement. So data is never where statements are read, whatever its bytes; it takes disk and no
// memory; and an INSERT of which the body broke off has stored nothing.

import { randomUUID } from 'node:crypto'
import { createWriteStream, existsSync, mkdirSync, openSync, rmSync } from 'node:fs'
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

/** In a path the engine reads these as a pattern for many files, or as a file inside an archive. */
const notOnlyAPath = /[*?{}[\]]|::/

export class InsertDataFolder {
  readonly #folder: string

  /**
   * Empties the folder: what is in it is left from a process that was killed.
   * @throws when the engine cannot be given the path of a file in the folder
   */
  constructor(folder: string, openFolders = '/proc/self/fd') {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { mode: 0o700 })
    this.#folder = pathForEngine(folder, openFolders)
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

/**
 * A pattern cannot be quoted: from such a path the engine reads no rows, or those of other files, and
 * reports no error. Linux also reaches an open folder by its number.
 */
function pathForEngine(folder: string, openFolders: string): string {
  if (!notOnlyAPath.test(folder)) return folder
  if (existsSync(openFolders)) {
    // It stays open for as long as the process lives.
    return join(openFolders, String(openSync(folder, 'r')))
  }
  throw new Error(
    `it reads * ? { } [ ] and :: in the path ${folder} as a pattern for other files: ` +
      'set TERRACE_HOME to a folder without them, or CLICKHOUSE_URL to a server',
  )
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
