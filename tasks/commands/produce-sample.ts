// Writes a sample to standard output no faster than its reader takes it.

import { once } from 'node:events'

const CHUNK_CHARACTERS = 64 * 1024

export async function writeSample(parts: Iterable<string>): Promise<void> {
  let chunk = ''
  const write = async () => {
    if (!process.stdout.write(chunk) && !process.stdout.destroyed) {
      await once(process.stdout, 'drain')
    }
    chunk = ''
  }
  for (const part of parts) {
    chunk += part
    if (chunk.length >= CHUNK_CHARACTERS) await write()
  }
  if (chunk !== '') await write()
}
