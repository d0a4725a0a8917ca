// The loop behind `watch` of both logs: compare the sum of the end offsets with the one seen last,
// at least every interval, sooner when the log itself can wake us. It starts with a call when the
// topic holds anything, so that what was appended while nobody watched is not overlooked, and it
// outlives a log that is away for a while.

import { setTimeout as delay } from 'node:timers/promises'
import { type PartitionRange, UnknownTopicError } from './types.ts'

export interface WatchedTopic {
  ranges: () => Promise<PartitionRange[]>
  changed: () => void
  signal: AbortSignal
  intervalMs: number
  /** Resolves when the log says that something was appended. Polling alone when left out. */
  woken?: (signal: AbortSignal) => Promise<void>
}

export async function watchTopic(watched: WatchedTopic): Promise<void> {
  const { changed, signal, intervalMs, woken } = watched
  let seen = 0n
  let isFirst = true
  while (!signal.aborted) {
    // Listening begins before the look at the offsets: an append in between wakes the next turn.
    const turn = new AbortController()
    const stop = () => turn.abort()
    signal.addEventListener('abort', stop)
    const wake = woken?.(turn.signal)
    const interval = delay(intervalMs, undefined, { signal: turn.signal }).catch(() => {})
    try {
      const end = await endOf(watched.ranges, isFirst)
      isFirst = false
      const hasChanged = end !== undefined && end !== seen
      if (hasChanged && !signal.aborted) {
        seen = end
        changed()
      }
      // After a call the interval is waited out, or busy topics would call all the time.
      await (hasChanged || wake === undefined ? interval : Promise.race([interval, wake]))
    } finally {
      signal.removeEventListener('abort', stop)
      turn.abort()
    }
  }
}

/** undefined while the log cannot be asked; what is wrong from the start is the caller's to know. */
async function endOf(
  ranges: WatchedTopic['ranges'],
  isFirst: boolean,
): Promise<bigint | undefined> {
  try {
    return (await ranges()).reduce((sum, range) => sum + range.nextOffset, 0n)
  } catch (error) {
    if (isFirst || error instanceof UnknownTopicError) throw error
    return undefined
  }
}
