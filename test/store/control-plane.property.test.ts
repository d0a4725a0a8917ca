// Random triggers, claims, finishes, kills, stale writes and clears against the brute-force model.
// TERRACE_PROPERTY_STEPS raises the number of steps (npm run test:long does 10,000);
// TERRACE_PROPERTY_SEED repeats a failure.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Pool } from '../../connections/postgres.ts'
import { TRIGGER_RULES } from '../../orchestrator/graph/trigger-rules.ts'
import { claimAttempts, finishAttempts } from '../../orchestrator/store/attempts.ts'
import { startRuns, triggerRun } from '../../orchestrator/store/runs.ts'
import {
  type ControlPlane,
  freshControlPlane,
  register,
  registerWorker,
} from '../support/control-plane.ts'
import type { ModelTask } from './brute-force-model.ts'
import { expectAlertForEachFailure, expectCountsRecomputed } from './count-checks.ts'
import { mulberry32, randomDag, toDag } from './random-dags.ts'
import { Driver, finished } from './random-driver.ts'

const STEPS = Number(process.env.TERRACE_PROPERTY_STEPS ?? 800)
const SEED = Number(process.env.TERRACE_PROPERTY_SEED ?? Math.floor(Math.random() * 2 ** 31))
const POOL_SLOTS = 7

let plane: ControlPlane
let pool: Pool
beforeAll(async () => {
  plane = await freshControlPlane()
  pool = plane.pool
})
afterAll(() => plane.close())

describe(`the control plane (TERRACE_PROPERTY_SEED=${SEED})`, () => {
  test(`does what the brute-force model does, for ${STEPS} random steps`, async () => {
    const random = mulberry32(SEED)
    await pool.query('update terrace.pool set slots = $1', [POOL_SLOTS])
    const dags = Array.from({ length: 8 }, (_, n) => randomDag(`dag_${n}`, random))
    await register(pool, ...dags.map((dag) => dag.serialized))
    const driver = new Driver(pool, random, dags)
    await driver.addWorker()
    await driver.addWorker()
    for (let step = 0; step < STEPS; step++) {
      const what = await driver.step()
      await driver.compare(`step ${step}: ${what}`)
    }
    await driver.drain()
    await driver.compare('after the drain')
    await expectAlertForEachFailure(pool)
  }, 600_000)

  test('keeps its counts equal to a recomputation under concurrent finishers', async () => {
    const random = mulberry32(SEED + 1)
    await pool.query('update terrace.pool set slots = 1000')
    const layers = [12, 12, 12]
    const tasks: ModelTask[] = layers.flatMap((size, layer) =>
      Array.from({ length: size }, (_, n) => ({
        taskId: `t${layer}_${n}`,
        upstreams:
          layer === 0
            ? []
            : Array.from({ length: size }, (_, m) => `t${layer - 1}_${m}`).filter(
                () => random() < 0.6,
              ),
        rule: TRIGGER_RULES[Math.floor(random() * TRIGGER_RULES.length)]!,
      })),
    )
    await register(pool, toDag('wide', tasks, 1000, 1000))
    const workers = await Promise.all([1, 2, 3, 4].map(() => registerWorker(pool)))
    for (let round = 0; round < 5; round++) {
      const { dagRunId } = await triggerRun(pool, {
        dagId: 'wide',
        runId: `round_${round}`,
        triggeredBy: 'test',
      })
      await startRuns(pool, 'wide')
      for (;;) {
        const { rows } = await pool.query<{ id: string; try_number: number }>(
          `select id, try_number from terrace.task_instance where dag_run_id = $1 and state = 'queued'`,
          [dagRunId],
        )
        if (rows.length === 0) break
        const shares = workers.map((worker, n) => ({
          worker,
          rows: rows.filter((_, index) => index % workers.length === n),
        }))
        await Promise.all(
          shares.map(async ({ worker, rows: share }) => {
            const claimed = await claimAttempts(
              pool,
              worker,
              share.map((row) => ({ taskInstanceId: row.id, tryNumber: row.try_number })),
            )
            // One statement each: as many transactions at once as there are connections.
            await Promise.all(
              claimed.map((attempt) =>
                finishAttempts(pool, worker, [
                  finished(attempt, random() < 0.7 ? 'success' : 'failed'),
                ]),
              ),
            )
          }),
        )
        await expectCountsRecomputed(pool)
      }
      const { rows: runs } = await pool.query('select state from terrace.dag_run where id = $1', [
        dagRunId,
      ])
      expect(runs[0].state).toMatch(/success|failed/)
    }
  }, 120_000)
})
