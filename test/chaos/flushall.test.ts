// FLUSHALL in the middle of a run of 301 tasks: the queue has lost everything that it held, and
// nothing is lost.

import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lane } from '../support/lanes.ts'
import type { TestServer } from '../support/servers.ts'
import { until } from '../support/until.ts'
import { openStage, PATIENCE, type Stage } from './stage.ts'

const LIMIT = 240_000
const redis = lane('redis')

describe.skipIf(redis.missing)('FLUSHALL', () => {
  let server: TestServer<string>
  let stage: Stage
  beforeAll(async () => {
    server = await redis.start()
    stage = await openStage({ redisUrl: server.address, leaseSeconds: 10 })
    await stage.start('scheduler')
    await stage.start('worker')
  }, LIMIT)
  afterAll(async () => {
    await stage?.close()
    await server?.stop()
  }, LIMIT)

  test(
    'in the middle of a run of 301 tasks costs time and nothing else',
    async () => {
      const run = await stage.trigger('wide')
      const succeeded = async () => {
        const { rows } = await stage.pool.query<{ n: number }>(
          `select count(*)::int as n from terrace.task_instance
           where dag_run_id = $1 and state = 'success'`,
          [run],
        )
        return rows[0]!.n
      }
      await until('some tasks have ended', async () => (await succeeded()) >= 40, PATIENCE)
      const client = new Redis(server.address)
      await client.flushall()
      await client.quit()
      expect(await succeeded()).toBeLessThan(301)
      expect(await stage.ended(run)).toBe('success')
      await stage.settled()
      expect(await succeeded()).toBe(301)
      expect(await stage.violations()).toEqual([])
    },
    LIMIT,
  )
})
