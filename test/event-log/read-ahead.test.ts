import { describe, expect, it } from 'vitest'
import { readAhead } from '../../connections/read-ahead.ts'

function source(end: () => void = () => {}) {
  const asked: number[] = []
  async function* items() {
    try {
      for (let n = 1; n <= 3; n++) {
        asked.push(n)
        yield n
      }
      end()
    } finally {
      asked.push(0)
    }
  }
  return { asked, items: items() }
}

const next = () => new Promise((resolve) => setImmediate(resolve))

describe('Reading ahead', () => {
  it('asks for one more while an item is worked on, and for no second', async () => {
    const { asked, items } = source()
    const seen: unknown[] = []
    for await (const item of readAhead(items)) {
      await next()
      seen.push([item, [...asked]])
    }
    expect(seen).toEqual([
      [1, [1, 2]],
      [2, [1, 2, 3]],
      [3, [1, 2, 3, 0]],
    ])
  })

  it('throws in its turn what fails ahead', async () => {
    const { items } = source(() => {
      throw new Error('gone')
    })
    const seen: number[] = []
    const reading = (async () => {
      for await (const item of readAhead(items)) {
        await next()
        seen.push(item)
      }
    })()
    await expect(reading).rejects.toThrow('gone')
    expect(seen).toEqual([1, 2, 3])
  })

  it('ends its source when it is left early', async () => {
    const { asked, items } = source()
    for await (const _ of readAhead(items)) break
    expect(asked).toEqual([1, 2, 0])
  })
})
