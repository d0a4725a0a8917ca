// What every TaskQueue must do, run over each implementation. A test waits for deliveries, never for
// time to pass.

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { QueueEntry, TaskQueue } from '../../orchestrator/queue/types.ts'

export interface QueueUnderTest {
  open(): Promise<TaskQueue>
  /** Loses everything that the queue holds, as FLUSHALL does. */
  loseEverything(): Promise<void>
  release(): Promise<void>
}

export function entry(queue: string, changes: Partial<QueueEntry> = {}): QueueEntry {
  return {
    taskInstanceId: randomUUID(),
    tryNumber: 1,
    queueSequence: 1,
    queue,
    priorityWeight: 1,
    ...changes,
  }
}

/** Promise.withResolvers, which Node 20 lacks. */
export function signal() {
  let resolve!: () => void
  const promise = new Promise<void>((r) => {
    resolve = r
  })
  return { promise, resolve }
}

/** Collects deliveries; `until(n)` resolves when n of them have come. */
export function collector() {
  const delivered: QueueEntry[] = []
  const waiting: { n: number; resolve: () => void }[] = []
  return {
    delivered,
    add(entry: QueueEntry) {
      delivered.push(entry)
      for (const { n, resolve } of waiting) if (delivered.length >= n) resolve()
    },
    until(n: number): Promise<void> {
      if (delivered.length >= n) return Promise.resolve()
      return new Promise((resolve) => waiting.push({ n, resolve }))
    },
  }
}

export function queueConformance(name: string, prepare: () => Promise<QueueUnderTest>): void {
  describe(`the queue on ${name}`, () => {
    let under: QueueUnderTest
    let queue: TaskQueue
    beforeAll(async () => {
      under = await prepare()
      queue = await under.open()
    })
    afterAll(async () => {
      await queue?.close()
      await under?.release()
    })
    const consume = (
      name: string,
      handle: (entry: QueueEntry) => Promise<void> | void,
      concurrency = 1,
    ) =>
      queue.consume({ queue: name, concurrency, onError: () => {} }, async (entry) => {
        await handle(entry)
      })

    it('knows which entries wait on it, and which it has lost', async () => {
      const name = randomUUID()
      const [kept, never] = [entry(name), entry(name)]
      await queue.publish([kept])
      expect(await queue.notWaiting([kept, never])).toEqual([never])
      await under.loseEverything()
      expect(await queue.notWaiting([kept])).toEqual([kept])
    })

    it('delivers an entry as it was published', async () => {
      const seen = collector()
      const sent = entry('plain', { tryNumber: 3, queueSequence: 7, priorityWeight: 12 })
      const consumer = await consume('plain', seen.add)
      await queue.publish([sent])
      await seen.until(1)
      expect(seen.delivered).toEqual([sent])
      await consumer.drain()
    })

    it('delivers many entries, each of them once', async () => {
      const seen = collector()
      const sent = Array.from({ length: 1_200 }, () => entry('many'))
      await queue.publish(sent)
      expect(await queue.depth('many')).toBe(1_200)
      const consumer = await consume('many', seen.add, 32)
      await seen.until(1_200)
      await consumer.drain()
      expect(seen.delivered.map((e) => e.taskInstanceId).sort()).toEqual(
        sent.map((e) => e.taskInstanceId).sort(),
      )
      expect(await queue.depth('many')).toBe(0)
    })

    it('delivers a higher weight first, and ties in the order they came', async () => {
      const seen = collector()
      const weights = [1, 5, 1, -3, 5, 100, 1]
      for (const weight of weights)
        await queue.publish([entry('order', { priorityWeight: weight })])
      const consumer = await consume('order', seen.add)
      await seen.until(weights.length)
      await consumer.drain()
      expect(seen.delivered.map((e) => e.priorityWeight)).toEqual([100, 5, 5, 1, 1, 1, -3])
    })

    it('keeps the order of one bulk', async () => {
      const seen = collector()
      const sent = Array.from({ length: 40 }, () => entry('bulk-order'))
      await queue.publish(sent)
      const consumer = await consume('bulk-order', seen.add)
      await seen.until(40)
      await consumer.drain()
      expect(seen.delivered.map((e) => e.taskInstanceId)).toEqual(sent.map((e) => e.taskInstanceId))
    })

    it('keeps queues apart, whatever their names', async () => {
      const seen = collector()
      const other = collector()
      const consumer = await consume('gpu:large/ü', seen.add)
      const otherConsumer = await consume('gpu', other.add)
      await queue.publish([entry('gpu:large/ü'), entry('gpu')])
      await Promise.all([seen.until(1), other.until(1)])
      await Promise.all([consumer.drain(), otherConsumer.drain()])
      expect(seen.delivered.map((e) => e.queue)).toEqual(['gpu:large/ü'])
      expect(other.delivered.map((e) => e.queue)).toEqual(['gpu'])
    })

    it('delivers an entry again under its next sequence, and after it was delivered', async () => {
      const seen = collector()
      const first = entry('again')
      const consumer = await consume('again', seen.add)
      await queue.publish([first])
      await seen.until(1)
      await queue.publish([{ ...first, queueSequence: 2 }])
      await seen.until(2)
      expect(seen.delivered.map((e) => e.queueSequence)).toEqual([1, 2])
      await consumer.drain()
    })

    it('holds no more deliveries at a time than its concurrency', async () => {
      const seen = collector()
      let running = 0
      let most = 0
      const held: (() => void)[] = []
      const full = signal()
      const consumer = await consume(
        'bounded',
        async (e) => {
          running += 1
          most = Math.max(most, running)
          if (held.length < 3) {
            await new Promise<void>((resolve) => {
              held.push(resolve)
              if (held.length === 3) full.resolve()
            })
          }
          running -= 1
          seen.add(e)
        },
        3,
      )
      await queue.publish(Array.from({ length: 9 }, () => entry('bounded')))
      await full.promise
      expect(running).toBe(3)
      for (const release of held) release()
      await seen.until(9)
      await consumer.drain()
      expect(most).toBe(3)
    })

    it('acknowledges a delivery whose handler throws, and reports the error', async () => {
      const errors = collector()
      const messages: string[] = []
      const consumer = await queue.consume(
        {
          queue: 'throwing',
          concurrency: 1,
          onError: (error) => {
            messages.push(error.message)
            errors.add(entry('throwing'))
          },
        },
        async () => {
          throw new Error('no luck')
        },
      )
      await queue.publish([entry('throwing')])
      await errors.until(1)
      await consumer.drain()
      expect(messages).toEqual(['no luck'])
      expect(await queue.depth('throwing')).toBe(0)
    })

    it('drains: settles what is in hand and takes nothing new', async () => {
      const seen = collector()
      const hold = signal()
      const begun = signal()
      const consumer = await consume('drained', async (e) => {
        begun.resolve()
        await hold.promise
        seen.add(e)
      })
      await queue.publish([entry('drained')])
      await begun.promise
      const drained = consumer.drain()
      await queue.publish([entry('drained')])
      hold.resolve()
      await drained
      expect(seen.delivered).toHaveLength(1)
      expect(await queue.depth('drained')).toBe(1)
    })

    it('goes on after everything in it was lost', async () => {
      const seen = collector()
      const consumer = await consume('lossy', seen.add)
      await queue.publish([entry('lossy')])
      await seen.until(1)
      await under.loseEverything()
      await queue.publish([entry('lossy'), entry('lossy')])
      await seen.until(3)
      await consumer.drain()
    })

    it('survives losing what is in hand', async () => {
      const seen = collector()
      const hold = signal()
      const begun = signal()
      const consumer = await consume('lost-in-hand', async (e) => {
        begun.resolve()
        await hold.promise
        seen.add(e)
      })
      await queue.publish([entry('lost-in-hand')])
      await begun.promise
      await under.loseEverything()
      hold.resolve()
      await seen.until(1)
      await queue.publish([entry('lost-in-hand')])
      await seen.until(2)
      await consumer.drain()
    })

    it('says what it is', async () => {
      expect(await queue.ping()).toMatch(/^BullMQ 6\.\d+\.\d+ on (Redis|Postgres) \d+/)
    })
  })
}
