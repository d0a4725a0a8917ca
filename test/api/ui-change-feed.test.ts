import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Change, ChangeFeed, merge } from '../../orchestrator/api/ui/change-feed.ts'
import type { Mark } from '../../orchestrator/store/read/changes.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const run = (dagId: string, mark: string): Mark => ({ topic: 'runs', dagId, part: 'open', mark })
const NOTHING = { what: [], dag_ids: [] }

function feedOf(readMarks: () => Promise<Mark[]>) {
  const looks = vi.fn(readMarks)
  const onError = vi.fn()
  return { looks, onError, feed: new ChangeFeed({ readMarks: looks, everyMs: 500, onError }) }
}

describe('the feed of changes', () => {
  test('looks twice a second for all its readers together, and never when it has none', async () => {
    const { feed, looks } = feedOf(async () => [])
    await vi.advanceTimersByTimeAsync(10_000)
    expect(looks).not.toHaveBeenCalled()
    const stops = [feed.listen(() => {}), feed.listen(() => {}), feed.listen(() => {})]
    await vi.advanceTimersByTimeAsync(4_900)
    expect(looks).toHaveBeenCalledTimes(10)
    for (const stop of stops) stop()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(looks).toHaveBeenCalledTimes(10)
    feed.listen(() => {})
    await vi.advanceTimersByTimeAsync(0)
    expect(looks).toHaveBeenCalledTimes(11)
  })

  test('tells of nothing first, then of what differs from look to look', async () => {
    const states = [[run('a', '1'), run('b', '1')], [run('a', '1'), run('b', '2')], [run('b', '2')]]
    const { feed } = feedOf(async () => (states.length > 1 ? states.shift()! : states[0]!))
    const told: Change[] = []
    feed.listen((change) => told.push(change))
    await vi.advanceTimersByTimeAsync(5_000)
    expect(told).toEqual([
      NOTHING,
      { what: ['runs'], dag_ids: ['b'] },
      { what: ['runs'], dag_ids: ['a'] },
    ])
  })

  test('goes on after a look that failed, is told of it once, and misses nothing', async () => {
    let answer: () => Promise<Mark[]> = async () => [run('a', '1')]
    const { feed, onError } = feedOf(() => answer())
    const told: Change[] = []
    feed.listen((change) => told.push(change))
    await vi.advanceTimersByTimeAsync(600)
    answer = async () => Promise.reject(new Error('the database is away'))
    await vi.advanceTimersByTimeAsync(5_000)
    answer = async () => [run('a', '2')]
    await vi.advanceTimersByTimeAsync(600)
    expect(onError).toHaveBeenCalledTimes(1)
    expect(told).toEqual([NOTHING, { what: ['runs'], dag_ids: ['a'] }])
  })

  test('looks less often at a database that takes long to answer', async () => {
    const { feed, looks } = feedOf(async () => {
      await new Promise((resolve) => setTimeout(resolve, 400))
      return []
    })
    feed.listen(() => {})
    await vi.advanceTimersByTimeAsync(9_900)
    expect(looks).toHaveBeenCalledTimes(5)
  })

  test('joins changes of which each names its own', () => {
    expect(
      merge({ what: ['alerts'], dag_ids: [] }, { what: ['runs'], dag_ids: ['b', 'a'] }),
    ).toEqual({ what: ['runs', 'alerts'], dag_ids: ['a', 'b'] })
  })
})
