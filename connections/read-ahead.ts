// The next item of a source while the one before it is worked on: the engine reads while this process,
// or another engine, does its part. One item ahead and no more, so memory stays flat.

/**
 * The items in order. Whoever stops early waits for the read that is under way: give `source` a signal
 * and abort it where that may take long.
 */
export async function* readAhead<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  const items = source[Symbol.asyncIterator]()
  let next = items.next()
  try {
    while (true) {
      const item = await next
      if (item.done) return
      next = items.next()
      // It may fail while nobody awaits it; it is thrown in its turn.
      next.catch(() => {})
      yield item.value
    }
  } finally {
    await Promise.allSettled([next])
    await items.return?.()
  }
}
