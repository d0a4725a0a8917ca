// kill -9 at named points, on both queues: the run ends green by itself, once another process is
// there; nothing is lost, nothing is done twice. With TERRACE_LONG=1 at every point there is.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openPostgresEventLog } from '../../connections/event-log/index.ts'
import { lane } from '../support/lanes.ts'
import type { RoleUnderTest } from '../support/processes.ts'
import type { TestServer } from '../support/servers.ts'
import { killed, openStage, type Stage } from './stage.ts'

const LIMIT = 240_000
const redis = lane('redis')

const ifLong = (...points: string[]) => (process.env.TERRACE_LONG ? points : [])

const WORKER_POINTS = [
  'worker.before_finish=kill:2',
  ...ifLong(
    'worker.after_claim=kill:2',
    'worker.after_finish_before_publish=kill:1',
    'worker.after_publish_before_mark=kill:1',
  ),
]
const LANDING_POINTS = [
  'kafka_to_raw.between_copy_and_commit=kill:2',
  ...ifLong('kafka_to_raw.after_commit=kill:2'),
]
const SCHEDULER_POINTS = [
  'scheduler.between_commit_and_enqueue=kill:1',
  ...ifLong('scheduler.between_enqueue_and_mark=kill:1'),
]

describe.each([
  { queue: 'Postgres', missing: false },
  { queue: 'Redis', missing: redis.missing },
])('kill -9, with the queue on $queue', ({ queue, missing }) => {
  describe.skipIf(missing)('', () => {
    let server: TestServer<string> | undefined
    let stage: Stage
    beforeAll(async () => {
      if (queue === 'Redis') server = await redis.start()
      stage = await openStage({ redisUrl: server?.address })
    }, LIMIT)
    afterAll(async () => {
      await stage?.close()
      await server?.stop()
    }, LIMIT)

    describe('of a worker', () => {
      let scheduler: RoleUnderTest
      beforeAll(async () => {
        scheduler = await stage.start('scheduler')
      }, LIMIT)
      afterEach(() => stage.killAllBut(scheduler))
      afterAll(() => stage.killAllBut())

      test.each(WORKER_POINTS)(
        'at %s: every task has one accepted success',
        async (point) => {
          const doomed = await stage.start('worker', point)
          const run = await stage.trigger('diamond')
          expect(await killed(doomed)).toEqual({ code: null, signal: 'SIGKILL' })
          await stage.start('worker')
          expect(await stage.ended(run)).toBe('success')
          await stage.settled()
          expect(await stage.violations()).toEqual([])
          const attempts = await stage.attempts(run)
          expect(attempts.filter(({ outcome }) => outcome === 'success')).toHaveLength(6)
        },
        LIMIT,
      )

      test.each(LANDING_POINTS)(
        'at %s: every message is landed once',
        async (point) => {
          const produced = await produce(stage, 700)
          const doomed = await stage.start('worker', point)
          const run = await stage.trigger('landing')
          expect(await killed(doomed)).toEqual({ code: null, signal: 'SIGKILL' })
          await stage.start('worker')
          expect(await stage.ended(run)).toBe('success')
          const { rows } = await stage.pool.query(
            `select count(*)::int as rows, count(distinct headers ->> 'event_id')::int as ids,
               (select sum(count_rows)::int from raw.batch) as batches
             from raw.user_events`,
          )
          expect(rows).toEqual([{ rows: produced, ids: produced, batches: produced }])
          expect((await stage.attempts(run)).map(({ outcome }) => outcome)).toEqual([
            'lost',
            'success',
            'success',
          ])
          expect(await stage.violations()).toEqual([])
        },
        LIMIT,
      )
    })

    describe('of a scheduler', () => {
      let worker: RoleUnderTest
      beforeAll(async () => {
        worker = await stage.start('worker')
      }, LIMIT)
      afterEach(() => stage.killAllBut(worker))
      afterAll(() => stage.killAllBut())

      test.each(SCHEDULER_POINTS)(
        'at %s: what it had committed is not lost, and what it had queued is done once',
        async (point) => {
          const doomed = await stage.start('scheduler', point)
          const run = await stage.trigger('chain')
          expect(await killed(doomed)).toEqual({ code: null, signal: 'SIGKILL' })
          await stage.start('scheduler')
          expect(await stage.ended(run)).toBe('success')
          await stage.settled()
          expect((await stage.attempts(run)).map(({ outcome }) => outcome)).toEqual([
            'success',
            'success',
            'success',
          ])
          expect(await stage.violations()).toEqual([])
        },
        LIMIT,
      )
    })
  })
})

let produced = 0

/** Appends messages to the event log; returns how many it holds now. */
async function produce(stage: Stage, count: number): Promise<number> {
  const log = openPostgresEventLog(stage.pool)
  await log.ensureTopics([{ topic: 'user_events', partitions: 3 }])
  const { rows } = await stage.pool.query('select count(*)::int as n from raw.user_events')
  const ids = Array.from({ length: count }, () => `event-${produced++}`)
  await log.append(
    'user_events',
    ids.map((id) => ({ key: id, value: Buffer.from('{}'), headers: { event_id: id } })),
  )
  await log.close()
  return rows[0].n + count
}
