// The queue on Postgres, through BullMQ's Postgres backend in a schema of its own.
//
// Its connections run with synchronous_commit=off: the queue may lose what it holds, the outbox
// brings it back, and a commit that does not wait for the disk is several times faster.

import type { PostgresConnectionOptions } from 'bullmq'
import { Client, type ClientBase, type ClientConfig, type PoolConfig } from 'pg'
import { openPostgres, type Pool } from '../../connections/postgres.ts'
import { prepareSession } from '../../connections/postgres-session.ts'
import { createPostgresBackend, runMigrations, withBackend } from './bullmq.ts'
import { consumeWith, WORKER_OPTIONS } from './bullmq-consumer.ts'
import { bullmqVersion } from './bullmq-version.ts'
import { bullmqQueueName, jobId, jobsByQueue } from './job-id.ts'
import { publishFailed, QueueUnavailableError } from './queue-error.ts'
import type { TaskQueue } from './types.ts'

export const QUEUE_SCHEMA = 'bullmq'

// addBulk makes a temporary table per call, which costs as much as six single adds (10 ms).
const BULK_FROM = 6
const BULK = 1_000
const ANSWER_WITHIN_MS = 5_000

const { Queue, Worker } = withBackend(createPostgresBackend)
type PostgresQueue = InstanceType<typeof Queue>

export async function openPostgresQueue({
  databaseUrl,
}: {
  databaseUrl: string
}): Promise<TaskQueue> {
  const where = databaseAddress(databaseUrl)
  await checkReachable(databaseUrl, where)
  const pools = new Set<Pool>()
  const connected = new Set<ClientBase>()
  const queues = new Map<string, PostgresQueue>()
  const workers = new Set<{ close(force: boolean): Promise<void> }>()

  /** BullMQ would set the schema at the log-in, which poolers refuse. */
  function openPool(options: PoolConfig): PostgresConnectionOptions {
    const pool = openPostgres(databaseUrl, {
      application_name: 'terrace-queue',
      session: { search_path: QUEUE_SCHEMA, synchronous_commit: 'off' },
      connectionTimeoutMillis: ANSWER_WITHIN_MS,
      keepAlive: true,
      ...options,
    })
    pools.add(pool)
    pool.on('connect', (client) => connected.add(client))
    pool.on('remove', (client) => connected.delete(client))
    // Its own type of a pool is narrower than a pool of pg, which it takes.
    return pool as unknown as PostgresConnectionOptions
  }

  function queueOf(name: string): PostgresQueue {
    let queue = queues.get(name)
    if (!queue) {
      queue = new Queue(bullmqQueueName(name), {
        connection: openPool({ max: 2, query_timeout: ANSWER_WITHIN_MS }),
        skipMetasUpdate: true,
      })
      queue.on('error', () => {})
      queues.set(name, queue)
    }
    return queue
  }

  return {
    kind: 'bullmq-postgres',

    async publish(entries) {
      try {
        for (const [name, jobs] of jobsByQueue(entries)) {
          const queue = queueOf(name)
          if (jobs.length < BULK_FROM) {
            for (const job of jobs) await queue.add(job.name, job.data, job.opts)
          } else {
            for (let at = 0; at < jobs.length; at += BULK) {
              await queue.addBulk(jobs.slice(at, at + BULK))
            }
          }
        }
      } catch (error) {
        throw publishFailed(`Postgres at ${where}`, entries.length, error)
      }
    },

    consume(consume, handle) {
      return consumeWith(consume, handle, (processor) => {
        const worker = new Worker(bullmqQueueName(consume.queue), processor, {
          ...WORKER_OPTIONS,
          // One more, on which it listens.
          connection: openPool({ max: Math.min(consume.concurrency, 4) + 1 }),
          concurrency: consume.concurrency,
        })
        workers.add(worker)
        return { worker, disconnect: () => {} }
      })
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
      return `BullMQ ${bullmqVersion} on Postgres ${await checkReachable(databaseUrl, where)}`
    },

    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close().catch(() => {})))
      await Promise.all([...workers].map((worker) => worker.close(true).catch(() => {})))
      for (const pool of pools) void pool.end().catch(() => {})
      // BullMQ never gives back a connection on which it began to listen while it was being closed
      // (6.7), and a pool would wait for it for ever.
      await Promise.all([...connected].map((client) => (client as Client).end().catch(() => {})))
    },
  }
}

/** Brings BullMQ's schema up to the installed version; part of `db migrate`. */
export async function migrateQueue(databaseUrl: string): Promise<void> {
  await withClient({ connectionString: databaseUrl }, (client) =>
    runMigrations(client, QUEUE_SCHEMA),
  )
}

async function checkReachable(url: string, where: string): Promise<string> {
  try {
    return await withClient(
      { connectionString: url, connectionTimeoutMillis: ANSWER_WITHIN_MS },
      async (client) => {
        const { rows } = await client.query<{ version: string }>(
          `select current_setting('server_version') as version`,
        )
        return rows[0]!.version.split(' ')[0]!
      },
    )
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new QueueUnavailableError(
      `Postgres at ${where} (DATABASE_URL), which carries the queue, cannot be reached: ${reason}.`,
      { cause: error },
    )
  }
}

async function withClient<T>(
  config: ClientConfig,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({ application_name: 'terrace-queue', ...config })
  await client.connect()
  try {
    await prepareSession(client)
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Host, port and database only: a URL may hold a password. */
function databaseAddress(url: string): string {
  const { hostname, port, pathname } = new URL(url)
  return `${hostname}:${port || 5432}${pathname}`
}
