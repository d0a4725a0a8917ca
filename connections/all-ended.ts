// Statements side by side, on a connection each.

/**
 * Resolves with the results in order. Throws what the first that failed threw, but only when all have
 * ended: nothing may go on after the attempt that began it.
 */
export async function allEnded<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work)
  return Promise.all(work)
}
