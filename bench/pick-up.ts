// B5: single-task runs come at a fixed rate, half of what the installation can take, whether or not
// the ones before have ended (an open loop). The delay is from `queued` to `running` as stored.

import { triggerRun } from '../orchestrator/store/runs.ts'
import type { Bare } from './bare.ts'
import type { Installation } from './installation.ts'
import { percentile, type Samples } from './samples.ts'

const SATURATING_RUNS = 400
const SECONDS = 6
const WARM_UP_SECONDS = 1

/** Runs per second when they come as fast as they can be taken. */
export async function saturation({ pool }: Installation): Promise<number> {
  const began = performance.now()
  let started = 0
  const one = async () => {
    while (started < SATURATING_RUNS) {
      started += 1
      await trigger(pool, 'saturation')
    }
  }
  await Promise.all([one(), one(), one(), one()])
  await ended(pool, 'saturation')
  return (SATURATING_RUNS / (performance.now() - began)) * 1_000
}

export async function measurePickUp(
  installation: Installation,
  bare: Bare,
  perSecond: number,
  samples: Samples,
): Promise<void> {
  const { queue, pool } = installation
  const limit = await bare.ask({ kind: 'open_loop', perSecond, seconds: SECONDS })
  const name = `loop${crypto.randomUUID()}`
  await openLoop(perSecond, SECONDS, () => trigger(pool, name))
  await ended(pool, name)
  const { rows } = await pool.query<{ delay_ms: number }>(
    `select (extract(epoch from t.started_at - t.queued_at) * 1000)::float8 as delay_ms
     from terrace.task_instance t join terrace.dag_run r on r.id = t.dag_run_id
     where r.run_id like $1 || '%'
       and t.queued_at > (select min(queued_at) from terrace.dag_run where run_id like $1 || '%')
         + make_interval(secs => $2)`,
    [name, WARM_UP_SECONDS],
  )
  const delays = rows.map((row) => row.delay_ms)
  for (const [row, share] of [
    ['b5_p50', 0.5],
    ['b5_p99', 0.99],
  ] as const) {
    samples.add(row, queue, 'terrace', percentile(delays, share))
    samples.add(row, queue, 'limit', percentile(limit.delaysMs, share))
  }
}

/** Calls `send` at a fixed rate and resolves when the last call has settled. */
export async function openLoop(
  perSecond: number,
  seconds: number,
  send: () => Promise<unknown>,
): Promise<void> {
  const total = Math.round(perSecond * seconds)
  const sent: Promise<unknown>[] = []
  const began = performance.now()
  while (sent.length < total) {
    const due = Math.floor(((performance.now() - began) / 1_000) * perSecond) + 1
    while (sent.length < Math.min(due, total)) sent.push(send())
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(sent)
}

async function trigger(pool: Installation['pool'], name: string): Promise<void> {
  await triggerRun(pool, {
    dagId: 'single',
    runId: `${name}__${crypto.randomUUID()}`,
    triggeredBy: 'test',
  })
}

async function ended(pool: Installation['pool'], name: string): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ n: number }>(
      `select count(*)::int as n from terrace.dag_run
       where dag_id = 'single' and state in ('queued', 'running') and run_id like $1 || '%'`,
      [name],
    )
    if (rows[0]!.n === 0) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
