import { describe, expect, it } from 'vitest'
import { MicroBatcher } from '../../orchestrator/worker/micro-batcher.ts'

describe('a micro-batcher', () => {
  it('sends what comes at once together, and what comes meanwhile in the next batch', async () => {
    const batches: number[][] = []
    let release = () => {}
    const batcher = new MicroBatcher<number, number>({
      maxItems: 10,
      async run(items) {
        batches.push([...items])
        await new Promise<void>((resolve) => {
          release = resolve
        })
        return items.map((item) => item * 2)
      },
    })
    const first = [batcher.add(1), batcher.add(2)]
    await Promise.resolve()
    const later = [batcher.add(3), batcher.add(4)]
    expect(batches).toEqual([[1, 2]])
    release()
    expect(await Promise.all(first)).toEqual([2, 4])
    await Promise.resolve()
    expect(batches).toEqual([
      [1, 2],
      [3, 4],
    ])
    release()
    expect(await Promise.all(later)).toEqual([6, 8])
  })

  it('sends no more than its limit at a time, and is idle only after the last', async () => {
    const sizes: number[] = []
    const batcher = new MicroBatcher<number, number>({
      maxItems: 3,
      async run(items) {
        sizes.push(items.length)
        return items
      },
    })
    for (let n = 0; n < 7; n += 1) void batcher.add(n)
    await batcher.idle()
    expect(sizes).toEqual([3, 3, 1])
  })

  it('lets what comes after a large batch wait for company', async () => {
    const sizes: number[] = []
    const batcher = new MicroBatcher<number, number>({
      maxItems: 100,
      async run(items) {
        sizes.push(items.length)
        return items
      },
    })
    await Promise.all(Array.from({ length: 10 }, (_, n) => batcher.add(n)))
    void batcher.add(10)
    await Promise.resolve()
    void batcher.add(11)
    await batcher.idle()
    expect(sizes).toEqual([10, 2])
  })

  it('rejects the items of a batch that failed, and no others', async () => {
    const batcher = new MicroBatcher<number, number>({
      maxItems: 1,
      async run([item]) {
        if (item === 1) throw new Error('refused')
        return [item!]
      },
    })
    const results = await Promise.allSettled([batcher.add(1), batcher.add(2)])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  })
})
