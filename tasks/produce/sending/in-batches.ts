// Records in batches that are sent together. A batch is closed when it is full, and also when its first
// record has waited for a moment: what comes through a pipe now and then is sent when it comes.

import type { FileRecord } from '../reading/format.ts'

export interface BatchLimits {
  records: number
  /** A record with more bytes than this is a batch of its own, so that a log which refuses it takes the rest. */
  bytesOfOne: number
  bytes: number
  /** How long the first record of a batch waits for others, in milliseconds. */
  lingerMs: number
}

export async function* inBatches(
  records: AsyncIterable<FileRecord>,
  limits: BatchLimits,
): AsyncGenerator<FileRecord[]> {
  const reader = records[Symbol.asyncIterator]()
  let next = reader.next()
  // A failure is met where it is awaited.
  next.catch(() => {})
  let isAtEnd = false
  while (!isAtEnd) {
    const batch: FileRecord[] = []
    let bytes = 0
    const linger = startTimer(limits.lingerMs)
    try {
      for (;;) {
        const found = batch.length === 0 ? await next : await Promise.race([next, linger.over])
        if (found === 'over') break
        if (found.done === true) {
          isAtEnd = true
          break
        }
        const size = found.value.value?.length ?? 0
        if (batch.length > 0 && size > limits.bytesOfOne) break
        if (batch.length === 0) linger.start()
        batch.push(found.value)
        bytes += size
        next = reader.next()
        next.catch(() => {})
        if (batch.length === limits.records || bytes >= limits.bytes || size > limits.bytesOfOne)
          break
      }
    } finally {
      linger.stop()
    }
    if (batch.length > 0) yield batch
  }
}

function startTimer(ms: number) {
  let timer: NodeJS.Timeout | undefined
  let resolve: (word: 'over') => void = () => {}
  const over = new Promise<'over'>((done) => {
    resolve = done
  })
  return {
    over,
    start: () => {
      timer = setTimeout(() => resolve('over'), ms)
    },
    stop: () => clearTimeout(timer),
  }
}
