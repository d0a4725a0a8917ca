import { describe, expect, it } from 'vitest'
import type { Pool } from '../../connections/postgres.ts'
import { type AttemptWatchOptions, watchAttempts } from '../../orchestrator/worker/attempt-watch.ts'

/** What was aborted after two looks, of which the first is told that its attempt is another's. */
async function abortedAfter(whileAsked: (attempt: { fence: number }) => void): Promise<string[]> {
  const attempt = { taskInstanceId: 'task', fence: 1 }
  const aborted: string[] = []
  let watch: { stop(): void } | undefined
  await new Promise<void>((resolve) => {
    let looks = 0
    const pool = {
      async query() {
        looks += 1
        if (looks === 2) resolve()
        if (looks > 1) return { rows: [] }
        whileAsked(attempt)
        return { rows: [{ id: 'task' }] }
      },
    } as unknown as Pool
    watch = watchAttempts({
      pool,
      everyMs: 1,
      persistence: { isInDoubt: false },
      log: () => {},
      running: () => [{ ...attempt }],
      abort: (id: string) => aborted.push(id),
    } as unknown as AttemptWatchOptions)
  })
  watch?.stop()
  return aborted
}

describe('the watch over attempts', () => {
  it('aborts an attempt that is not its own any more', async () => {
    expect(await abortedAfter(() => {})).toEqual(['task'])
  })

  it('leaves an attempt alone that began while it asked about the one before', async () => {
    const next = (attempt: { fence: number }) => {
      attempt.fence = 2
    }
    expect(await abortedAfter(next)).toEqual([])
  })
})
