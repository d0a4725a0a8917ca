// The bytes of a file or of standard input, as they are read: counted and hashed on the way. A file whose
// name ends in .gz is unpacked; its hash is that of the packed bytes, as sha256sum has it.

import { createHash } from 'node:crypto'
import { accessSync, constants, createReadStream, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

export const STANDARD_INPUT = '-'

export interface Input {
  bytes: AsyncIterable<Buffer>
  /** Bytes of the file that were read so far. */
  countRead(): number
  /** Bytes of the whole file; null where nobody knows, as with a pipe. */
  size: number | null
  /** SHA-256 of the bytes that were read so far. */
  hash(): string
  close(): void
}

/** Why the file cannot be sent and what to do; null when it can be opened. */
export function problemOfInput(name: string): string | null {
  if (name === STANDARD_INPUT) return null
  const path = pathOf(name)
  try {
    if (statSync(path).isDirectory()) {
      return `${name} is a folder. Name the files in it, such as ${name.replace(/\/$/, '')}/*.json.`
    }
    accessSync(path, constants.R_OK)
    return null
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return `There is no file ${path}. Check its name; - reads standard input.`
    }
    if (code === 'EACCES') return `${path} may not be read by this user. Allow it with chmod.`
    return `${path} cannot be read: ${message}.`
  }
}

export function openInput(name: string): Input {
  const digest = createHash('sha256')
  let count = 0
  const source = name === STANDARD_INPUT ? process.stdin : createReadStream(pathOf(name))
  const counted = async function* () {
    for await (const chunk of source) {
      count += chunk.length
      digest.update(chunk)
      yield chunk as Buffer
    }
  }
  const isPacked = name.endsWith('.gz')
  // Made when it is read: an error that nobody listens for would end the process.
  const unpacked = async function* () {
    yield* pipeline(Readable.from(counted()), createGunzip(), () => {}) as AsyncIterable<Buffer>
  }
  return {
    bytes: isPacked ? unpacked() : counted(),
    countRead: () => count,
    size: name === STANDARD_INPUT ? null : sizeOf(pathOf(name)),
    hash: () => digest.copy().digest('hex'),
    close: () => void source.destroy(),
  }
}

function sizeOf(path: string): number | null {
  const found = statSync(path)
  return found.isFile() ? found.size : null
}

/** A command called in a folder of the project runs in the project's own; INIT_CWD names the first. */
function pathOf(name: string): string {
  return resolve(process.env.INIT_CWD ?? '.', name)
}
