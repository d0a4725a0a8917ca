// The queue on Redis, through BullMQ and ioredis.
//
// Two kinds of connection: publishing must fail at once while Redis is down (the outbox keeps the
// entries), consuming must wait until it is back.

import { Redis } from 'ioredis'
import { lookAt, RedisUnfitError } from '../../connections/redis-server.ts'
import { Queue, Worker } from './bullmq.ts'
import { consumeWith, WORKER_OPTIONS } from './bullmq-consumer.ts'
import { bullmqVersion } from './bullmq-version.ts'
import { bullmqQueueName, jobId, jobsByQueue } from './job-id.ts'
import { publishFailed, QueueUnavailableError } from './queue-error.ts'
import type { TaskQueue } from './types.ts'

// One pipeline of this many jobs: consumers start on the first while the next are being sent.
const BULK = 500
const ANSWER_WITHIN_MS = 5_000
const reconnectAfterMs = (times: number) => Math.min(50 * times, 1_000)

export interface RedisQueueOptions {
  redisUrl: string
  /** Of the keys: tests keep apart on one server with it. */
  prefix?: string
}

export async function openRedisQueue(options: RedisQueueOptions): Promise<TaskQueue> {
  const prefix = options.prefix ?? 'bull'
  const where = redisAddress(options.redisUrl)
  const publisher = new Redis(options.redisUrl, {
    retryStrategy: reconnectAfterMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: ANSWER_WITHIN_MS,
    connectTimeout: ANSWER_WITHIN_MS,
    lazyConnect: true,
  })
  // Each publish says so itself; ioredis keeps the cause of a failed connect to this event.
  let cause: unknown
  publisher.on('error', (error) => {
    cause = error
  })
  try {
    await publisher.connect()
    await lookAt(publisher)
  } catch (error) {
    publisher.disconnect()
    if (error instanceof RedisUnfitError) {
      throw new QueueUnavailableError(
        `Redis at ${where} (REDIS_URL) cannot carry the queue: ${error.message}.`,
        { cause: error },
      )
    }
    throw new QueueUnavailableError(
      `Redis at ${where} (REDIS_URL) cannot be reached: ${messageOf(cause ?? error)}. ` +
        'Start it, correct REDIS_URL, or unset it to use the queue on Postgres.',
      { cause: error },
    )
  }

  const queues = new Map<string, Queue>()
  const consumers = new Set<Redis>()

  function queueOf(name: string): Queue {
    let queue = queues.get(name)
    if (!queue) {
      queue = new Queue(bullmqQueueName(name), {
        connection: publisher,
        prefix,
        skipMetasUpdate: true,
        streams: { events: { maxLen: 0 } },
      })
      queue.on('error', () => {})
      queues.set(name, queue)
    }
    return queue
  }

  return {
    kind: 'bullmq-redis',

    async publish(entries) {
      if (entries.length === 0) return
      try {
        if (publisher.status !== 'ready') throw new Error(`the connection is ${publisher.status}`)
        for (const [name, jobs] of jobsByQueue(entries)) {
          const queue = queueOf(name)
          if (jobs.length === 1) await queue.add('t', {}, jobs[0]!.opts)
          else {
            for (let at = 0; at < jobs.length; at += BULK) {
              await queue.addBulk(jobs.slice(at, at + BULK))
            }
          }
        }
      } catch (error) {
        throw publishFailed(`Redis at ${where}`, entries.length, error)
      }
    },

    consume(consume, handle) {
      const connection = new Redis(options.redisUrl, {
        retryStrategy: reconnectAfterMs,
        maxRetriesPerRequest: null,
      })
      connection.on('error', () => {}) // The worker reports it.
      consumers.add(connection)
      return consumeWith(consume, handle, (processor) => ({
        worker: new Worker(bullmqQueueName(consume.queue), processor, {
          ...WORKER_OPTIONS,
          connection,
          prefix,
          concurrency: consume.concurrency,
        }),
        disconnect: () => connection.disconnect(),
      }))
    },

    async notWaiting(entries) {
      const states = await Promise.all(
        entries.map((entry) => queueOf(entry.queue).getJobState(jobId(entry))),
      )
      return entries.filter((_, n) => states[n] !== 'waiting' && states[n] !== 'prioritized')
    },

    async depth(name) {
      const counts = await queueOf(name).getJobCounts('wait', 'prioritized')
      return Object.values(counts).reduce((sum, count) => sum + count, 0)
    },

    async ping() {
      const info = await publisher.info('server').catch((error: unknown) => {
        throw new QueueUnavailableError(
          `Redis at ${where} (REDIS_URL) does not answer: ${messageOf(error)}.`,
          { cause: error },
        )
      })
      const redisVersion = /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown'
      return `BullMQ ${bullmqVersion} on Redis ${redisVersion}`
    },

    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close().catch(() => {})))
      for (const connection of [publisher, ...consumers]) connection.disconnect()
    },
  }
}

/** Host and port only: a URL may hold a password. */
function redisAddress(url: string): string {
  const { hostname, port } = new URL(url)
  return `${hostname}:${port || 6379}`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
