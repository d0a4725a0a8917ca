import { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { openTaskQueue } from '../../orchestrator/queue/index.ts'
import { lane } from '../support/lanes.ts'
import { collector, entry, queueConformance } from './conformance.ts'
import { startTestRedis } from './redis-server.ts'

const UNUSED_DATABASE = 'postgres://127.0.0.1:1/unused'

describe.skipIf(lane('redis').missing)('with a Redis of its own', () => {
  queueConformance('Redis', async () => {
    const redis = await startTestRedis()
    return {
      open: () => openTaskQueue({ redisUrl: redis.url, databaseUrl: UNUSED_DATABASE }),
      async loseEverything() {
        const client = new Redis(redis.url)
        await client.flushall()
        client.disconnect()
      },
      release: () => redis.release(),
    }
  })

  it('refuses to publish at once while Redis is down, and heals when it returns', async () => {
    const redis = await startTestRedis()
    const queue = await openTaskQueue({ redisUrl: redis.url, databaseUrl: UNUSED_DATABASE })
    const seen = collector()
    const consumer = await queue.consume(
      { queue: 'healing', concurrency: 2, onError: () => {} },
      async (e) => seen.add(e),
    )
    await queue.publish([entry('healing')])
    await seen.until(1)
    await redis.kill()

    const before = performance.now()
    await expect(queue.publish([entry('healing')])).rejects.toThrow(/stays? in the outbox/)
    await expect(queue.publish([entry('healing'), entry('healing')])).rejects.toThrow(/2 entries/)
    expect(performance.now() - before).toBeLessThan(1_000)

    await redis.start()
    const late = [entry('healing'), entry('healing')]
    for (;;) {
      const error = await queue.publish(late).catch((cause: Error) => cause)
      if (!error) break
      await new Promise((resolve) => setImmediate(resolve))
    }
    await seen.until(3)
    await consumer.drain()
    await queue.close()
    await redis.release()
  })
})

it('names REDIS_URL, and no password, when Redis cannot be reached', async () => {
  const opening = openTaskQueue({
    redisUrl: 'redis://:hush@127.0.0.1:1',
    databaseUrl: UNUSED_DATABASE,
  })
  await expect(opening).rejects.toThrow(/127\.0\.0\.1:1 \(REDIS_URL\)/)
  await expect(opening).rejects.not.toThrow(/hush/)
})
