// Which intervals get a run when time has passed that nobody looked at, and when a schedule is edited.
// The clock is the database's own, so the tests move what the database remembers into the past.

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Pool } from '../../connections/postgres.ts'
import type { SerializedDag } from '../../orchestrator/graph/serialized-dag.ts'
import { createDueRuns } from '../../orchestrator/scheduler/due-runs.ts'
import { setPaused } from '../../orchestrator/store/dags.ts'
import { cleanMetadata } from '../../orchestrator/store/maintenance.ts'
import {
  type ControlPlane,
  freshControlPlane,
  register,
  serializedDag,
  serializedTask,
} from '../support/control-plane.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

let plane: ControlPlane
let pool: Pool
beforeEach(async () => {
  plane = await freshControlPlane()
  pool = plane.pool
})
afterEach(() => plane.close())

const on = (expression: string, overrides: Partial<SerializedDag> = {}, timezone = 'UTC') =>
  serializedDag('dag', [serializedTask('t')], [], {
    schedule: {
      cron: { expression, timezone },
      once: false,
      assets: null,
      summary: expression,
    },
    maxActiveRuns: 100,
    ...overrides,
  })

const due = () =>
  createDueRuns(pool, (_, error) => {
    throw error
  })

async function intervals(): Promise<[Date, Date][]> {
  const { rows } = await pool.query(
    `select data_interval_start as start, data_interval_end as "end" from terrace.dag_run
     where run_type = 'scheduled' order by 1`,
  )
  return rows.map(({ start, end }) => [start, end])
}

/** Each interval begins where the one before it ended. */
async function expectNoGap(): Promise<[Date, Date][]> {
  const all = await intervals()
  for (const [n, [start]] of all.entries())
    if (n > 0) expect(start, `interval ${n} of ${JSON.stringify(all)}`).toEqual(all[n - 1]![1])
  return all
}

async function endRuns(): Promise<void> {
  await pool.query(`update terrace.dag_run set state = 'success', ended_at = clock_timestamp()`)
}

/** As if the next interval had been worked out, and everything else had happened, so long ago. */
async function letTimePass(ms: number): Promise<void> {
  const by = `make_interval(secs => ${ms / 1000})`
  await pool.query(`update terrace.dag set next_interval_start = next_interval_start - ${by},
    next_interval_end = next_interval_end - ${by}, next_run_after = next_run_after - ${by}`)
  await pool.query(`update terrace.dag_run set logical_date = logical_date - ${by},
    data_interval_start = data_interval_start - ${by}, data_interval_end = data_interval_end - ${by},
    run_id = 'scheduled__before'`)
}

const midnight = (daysAgo: number) => {
  const day = new Date(Date.now() - daysAgo * DAY)
  day.setUTCHours(0, 0, 0, 0)
  return day
}

test.each([
  ['it was paused', async () => setPaused(pool, 'dag', true, 'test')],
  ['no scheduler ran', async () => {}],
  [
    'its run took long',
    async () => {
      await register(pool, on('0 * * * *', { maxActiveRuns: 1 }))
      await pool.query(`update terrace.dag_run set state = 'running'`)
    },
  ],
])('without catchup only the latest complete interval is run after %s', async (_, meanwhile) => {
  await register(pool, on('0 * * * *'))
  await due()
  await meanwhile()
  // Outside of the whole hour the interval that was next is due, and so are those after it.
  await pool.query(`update terrace.dag set next_interval_start = date_trunc('hour', now()),
    next_interval_end = date_trunc('hour', now()) + interval '1 hour',
    next_run_after = date_trunc('hour', now()) + interval '1 hour'`)
  await letTimePass(7 * HOUR)
  if (_ !== 'no scheduler ran') expect(await due()).toBe(0)
  await endRuns()
  await setPaused(pool, 'dag', false, 'test')
  expect(await due()).toBe(1)
  const [, [start, end]] = (await intervals()) as [[Date, Date], [Date, Date]]
  expect(end.getTime() - start.getTime()).toBe(HOUR)
  expect(Date.now() - end.getTime()).toBeLessThan(HOUR + 60_000)
})

test('with catchup every interval that passed is run', async () => {
  await register(pool, on('0 * * * *', { catchup: true }))
  await due()
  await letTimePass(5 * HOUR)
  await due()
  expect((await expectNoGap()).length).toBeGreaterThanOrEqual(5)
})

test('catchup that is switched on runs what has passed since the last run', async () => {
  await register(pool, on('0 * * * *'))
  await due()
  await letTimePass(5 * HOUR)
  await endRuns()
  await register(pool, on('0 * * * *', { catchup: true }))
  await due()
  expect((await expectNoGap()).length).toBeGreaterThanOrEqual(5)
})

/** One run of the six hours after midnight three days ago, and none since. */
async function firstSixHours(): Promise<void> {
  const bounds = { startDate: midnight(3).toISOString(), endDate: midnight(3).toISOString() }
  await register(pool, on('0 */6 * * *', { catchup: true, ...bounds }))
  expect(await due()).toBe(1)
}

test('an edited cron goes on where the last interval ended, when its own begins with one that was run', async () => {
  await firstSixHours()
  await register(pool, on('0 0 * * *', { catchup: true }))
  expect(await due()).toBe(3)
  const all = await expectNoGap()
  expect(all.map(([, end]) => end)).toEqual([
    new Date(midnight(3).getTime() + 6 * HOUR),
    midnight(2),
    midnight(1),
    midnight(0),
  ])
})

test('the same without catchup, as soon as the interval of the new cron is complete', async () => {
  await register(pool, on('0 */6 * * *'))
  await due()
  await pool.query(
    `update terrace.dag_run set logical_date = $1, data_interval_start = $1, data_interval_end = $2`,
    [midnight(0), new Date(midnight(0).getTime() + 6 * HOUR)],
  )
  await register(pool, on('0 0 * * *'))
  expect(await due()).toBe(0)
  const { rows } = await pool.query(
    'select next_interval_start, next_interval_end from terrace.dag',
  )
  expect(rows).toEqual([
    {
      next_interval_start: new Date(midnight(0).getTime() + 6 * HOUR),
      next_interval_end: midnight(-1),
    },
  ])
})

test('an edited cron whose interval nothing was run for is run as a whole, as in Airflow', async () => {
  await firstSixHours()
  await register(pool, on('0 5 * * *', { catchup: true }))
  await due()
  const [, [start]] = (await intervals()) as [[Date, Date], [Date, Date]]
  expect(start).toEqual(new Date(midnight(3).getTime() + 5 * HOUR))
})

test('an edited time zone loses no hour', async () => {
  await firstSixHours()
  await register(pool, on('0 6 * * *', { catchup: true }, 'Etc/GMT-6'))
  await due()
  await expectNoGap()
})

test('a schedule that was removed and put back goes on behind its last run', async () => {
  await firstSixHours()
  await register(
    pool,
    on('', { schedule: { cron: null, once: false, assets: null, summary: '' }, catchup: true }),
  )
  expect(await due()).toBe(0)
  await register(pool, on('0 */6 * * *', { catchup: true }))
  expect(await due()).toBeGreaterThanOrEqual(11)
  await expectNoGap()
})

test('retention keeps the run that a schedule goes on from', async () => {
  await firstSixHours()
  await endRuns()
  await cleanMetadata(pool, { before: new Date(Date.now() + DAY), dryRun: false })
  await register(pool, on('0 */6 * * *', { catchup: true, startDate: midnight(4).toISOString() }))
  await due()
  const all = await expectNoGap()
  expect(all[0]![0]).toEqual(midnight(3))
})
