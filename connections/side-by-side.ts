// Work side by side, such as statements on a connection each. Nothing of it goes on when these have
// returned or thrown: an attempt that has ended must not write any more.

/** Resolves with the results in order. @throws what the first in order that failed threw */
export async function allEnded<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work)
  return Promise.all(work)
}

/** Does `work` on every item, `lanes` of them at a time. */
export async function eachInLanes<T>(
  items: Iterable<T>,
  lanes: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  // One iterator: each lane takes the next item that none has taken.
  const waiting = [...items].values()
  const lane = async () => {
    for (const item of waiting) await work(item)
  }
  await allEnded(Array.from({ length: lanes }, lane))
}
