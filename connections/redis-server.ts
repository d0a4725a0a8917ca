// What kind of Redis an address names. The queue needs one server that keeps what it is given: the nodes
// of a Cluster each hold a part of the keys, a Sentinel holds none, and a replica takes no writes.

import { Redis } from 'ioredis'

export class RedisUnfitError extends Error {
  override name = 'RedisUnfitError'
}

export interface RedisServer {
  version: string
  /** A setting with which entries may be lost; empty when there is none. */
  warning: string
}

/** @throws RedisUnfitError when the queue cannot be there, or what the connection says */
export async function inspectRedis(url: string, withinMs: number): Promise<RedisServer> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: withinMs,
    commandTimeout: withinMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  let failure: Error | undefined
  redis.on('error', (error: Error) => {
    failure = error
  })
  try {
    await redis.connect()
    return await lookAt(redis)
  } catch (error) {
    if (error instanceof RedisUnfitError) throw error
    // `connect` says only that the connection is closed; the listener heard why.
    throw failure ?? error
  } finally {
    redis.disconnect()
  }
}

/** For a connection that is open. @throws RedisUnfitError */
export async function lookAt(redis: Redis): Promise<RedisServer> {
  const info = await redis.info()
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? ''
  if (field('redis_mode') === 'cluster' || field('cluster_enabled') === '1') {
    throw new RedisUnfitError(
      'it is a node of a Redis Cluster, over which BullMQ would spread the keys of one job. Use a server ' +
        'with cluster mode disabled',
    )
  }
  if (field('redis_mode') === 'sentinel') {
    throw new RedisUnfitError(
      'it is a Sentinel, which holds no data. Name the master, by an address that follows it when it ' +
        'changes (a service name, a proxy): one URL cannot name several sentinels',
    )
  }
  if (field('role') === 'slave') {
    throw new RedisUnfitError('it is a replica, which takes no writes. Name the master')
  }
  await refuseOtherDatabase(redis)
  const policy = field('maxmemory_policy')
  return {
    version: field('redis_version') || 'of unknown version',
    warning:
      policy === '' || policy === 'noeviction'
        ? ''
        : `maxmemory-policy is ${policy}, so a full Redis drops entries of the queue, which then wait ` +
          'until they are missed: set it to noeviction',
  }
}

/** ioredis stays in database 0 when it is refused the one that was asked for. */
async function refuseOtherDatabase(redis: Redis): Promise<void> {
  const database = redis.options.db ?? 0
  try {
    await redis.select(database)
  } catch (error) {
    throw new RedisUnfitError(
      `it has no database ${database} (${(error as Error).message}). Write one that it has at the end of ` +
        'the URL, such as /0',
    )
  }
}
