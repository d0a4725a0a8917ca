// Waits until a state is reached that no signal announces, such as one written by another process.

import { setTimeout as delay } from 'node:timers/promises'

/** Resolves with the first result that is neither false, null nor undefined. @throws after the limit */
export async function until<T>(
  what: string,
  look: () => Promise<T | false | null | undefined>,
  { withinMs = 20_000 }: { withinMs?: number } = {},
): Promise<T> {
  const giveUpAt = performance.now() + withinMs
  for (;;) {
    const found = await look()
    if (found !== false && found !== null && found !== undefined) return found
    if (performance.now() > giveUpAt)
      throw new Error(`Waited ${withinMs} ms in vain until ${what}.`)
    await delay(25)
  }
}
