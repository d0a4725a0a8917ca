// The queue of this installation: Redis when its URL is given, Postgres otherwise.

import { openPostgresQueue } from './bullmq-postgres.ts'
import { openRedisQueue } from './bullmq-redis.ts'
import type { TaskQueue } from './types.ts'

export { migrateQueue } from './bullmq-postgres.ts'
export { QueueUnavailableError } from './queue-error.ts'
export type { ConsumeOptions, QueueConsumer, QueueEntry, TaskQueue } from './types.ts'

export interface TaskQueueOptions {
  redisUrl?: string | undefined
  databaseUrl: string
  /** Of the keys on Redis: tests keep apart on one server with it. */
  redisPrefix?: string
}

/** @throws QueueUnavailableError that names the variable, when the server cannot be reached. */
export function openTaskQueue(options: TaskQueueOptions): Promise<TaskQueue> {
  if (options.redisUrl === undefined) return openPostgresQueue(options)
  return openRedisQueue({ redisUrl: options.redisUrl, prefix: options.redisPrefix ?? 'bull' })
}
