// Random kill -9 of workers and schedulers under load, for as long as one likes, on both queues.
// Long runs only: TERRACE_LONG=1. TERRACE_CHAOS_SECONDS says how long (60), TERRACE_CHAOS_SEED
// repeats which process is killed when; what it meets there is the machine's own doing.

import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { createRandom } from '../../generators/random.ts'
import { lane } from '../support/lanes.ts'
import type { RoleUnderTest } from '../support/processes.ts'
import type { TestServer } from '../support/servers.ts'
import { until } from '../support/until.ts'
import { openStage, type Stage } from './stage.ts'

const SECONDS = Number(process.env.TERRACE_CHAOS_SECONDS ?? 60)
const SEED = process.env.TERRACE_CHAOS_SEED ?? String(Math.floor(Math.random() * 2 ** 31))
const OPEN_RUNS = 6
const redis = lane('redis')

let stage: Stage | undefined
let server: TestServer<string> | undefined
afterEach(async () => {
  await stage?.close()
  await server?.stop()
  stage = undefined
  server = undefined
}, 120_000)

describe.runIf(process.env.TERRACE_LONG)(`Random kills (TERRACE_CHAOS_SEED=${SEED})`, () => {
  test.each([
    { queue: 'Postgres', missing: false },
    { queue: 'Redis', missing: redis.missing },
  ])(
    `for ${SECONDS} s with the queue on $queue lose nothing and double nothing`,
    async ({ queue, missing }) => {
      if (missing) return
      if (queue === 'Redis') server = await redis.start()
      stage = await openStage({ redisUrl: server?.address })
      const kills = await killForAWhile(stage, createRandom(SEED, queue))
      await until(
        'every run has ended',
        async () => {
          const { rowCount } = await stage!.pool.query(
            `select from terrace.dag_run where state in ('queued', 'running')`,
          )
          return rowCount === 0
        },
        { withinMs: 300_000 },
      )
      await stage.settled()
      expect(await stage.violations()).toEqual([])
      const { rows } = await stage.pool.query(
        `select (select count(*)::int from terrace.dag_run) as runs,
           (select count(*)::int from terrace.dag_run where state = 'failed') as failed,
           (select count(*)::int from terrace.task_attempt where outcome = 'lost') as lost,
           (select count(*)::int from terrace.task_instance) as tasks`,
      )
      console.info(`${queue}: ${kills} kills, ${JSON.stringify(rows[0])}`)
      expect(kills).toBeGreaterThan(0)
      expect(await failedForAnotherReason(stage)).toEqual([])
    },
    (SECONDS + 600) * 1_000,
  )
})

interface Slot {
  kind: 'scheduler' | 'worker'
  /** None while it starts. */
  role?: RoleUnderTest | undefined
}

async function killForAWhile(
  { start, trigger, pool }: Stage,
  random: ReturnType<typeof createRandom>,
): Promise<number> {
  const slots: Slot[] = (['scheduler', 'scheduler', 'worker', 'worker', 'worker'] as const).map(
    (kind) => ({ kind }),
  )
  const fill = async (slot: Slot) => {
    slot.role = await start(slot.kind)
  }
  await Promise.all(slots.map(fill))
  const filling: Promise<void>[] = []
  let kills = 0
  const endAt = performance.now() + SECONDS * 1_000
  while (performance.now() < endAt) {
    const { rows } = await pool.query<{ n: number }>(
      `select count(*)::int as n from terrace.dag_run where state in ('queued', 'running')`,
    )
    for (let open = rows[0]!.n; open < OPEN_RUNS; open++) {
      await trigger(random.pick(['chain', 'diamond', 'wide']))
    }
    // The load of chaos, not a wait for anything.
    await delay(200 + random.below(2_000))
    const living = slots.filter((slot) => slot.role)
    if (living.length === 0) continue
    const victim = random.pick(living)
    victim.role!.signal('SIGKILL')
    victim.role = undefined
    kills += 1
    filling.push(fill(victim))
  }
  await Promise.all(filling)
  return kills
}

/** A task may lose its worker more often than its budget allows; it must not fail for anything else. */
async function failedForAnotherReason({ pool }: Stage): Promise<unknown[]> {
  const { rows } = await pool.query(
    `select task_id, error from terrace.task_instance
     where state = 'failed' and error not like '%was lost%'`,
  )
  return rows
}
