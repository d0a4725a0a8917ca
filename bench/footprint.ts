// B8: what an installation costs while it does nothing, how soon a new one has done something, and
// how long a killed worker is missed.

import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { readEngineFile } from '../connections/engines/engine-file.ts'
import { freePort } from '../connections/engines/ports.ts'
import { openPostgres } from '../connections/postgres.ts'
import { triggerRun } from '../orchestrator/store/runs.ts'
import { startBare } from './bare.ts'
import { writeDags } from './dag-files.ts'
import type { Installation } from './installation.ts'
import { footprint, treeOf } from './processes.ts'
import { type Role, startRole } from './roles.ts'
import type { QueueKind } from './rows.ts'
import type { Samples } from './samples.ts'
import { removeHome, type Servers, temporaryHome } from './servers.ts'

/** After a start a worker warms a runner thread; that is over by then. */
const SETTLE_SECONDS = 10
const WATCH_SECONDS = 20
const STEP_MS = 20
const WITHIN_MS = 90_000

/** Both have just been started, so that no earlier load is counted. */
export async function measureIdleWorker(
  servers: Servers,
  installation: Installation,
  samples: Samples,
): Promise<void> {
  const { queue, databaseUrl } = installation
  await installation.restartWorker()
  const bare = await startBare({ queue, redisUrl: servers.redisUrl, databaseUrl })
  await delay(SETTLE_SECONDS * 1_000)
  const [ours, limit] = await Promise.all([
    footprint(() => [installation.worker().pid], WATCH_SECONDS),
    footprint(() => [bare.pid], WATCH_SECONDS),
  ])
  samples.add('b8_worker_mb', queue, 'terrace', ours.megabytes)
  samples.add('b8_worker_mb', queue, 'limit', limit.megabytes)
  samples.add('b8_worker_cpu', queue, 'terrace', ours.cpuPercent)
  await bare.stop()
}

export async function measureStandalone(
  servers: Servers,
  queue: QueueKind,
  samples: Samples,
): Promise<void> {
  const home = temporaryHome()
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    TERRACE_HOME: home,
    TERRACE_DAGS_FOLDER: writeDags(join(home, 'dags'), ['once']),
    TERRACE_POSTGRES_PORT: `${await freePort()}`,
    TERRACE_CLICKHOUSE_PORT: `${await freePort()}`,
    TERRACE_WEB_PORT: `${await freePort()}`,
    // A numbered database of its own: two installations on one would take each other's deliveries.
    ...(queue === 'redis' && { REDIS_URL: servers.redisUrl.replace(/\/0$/, '/1') }),
  }
  try {
    const first = await startAndWait(env, 'once', samples, queue, 'b8_first_task')
    await first.stop()
    const second = await startAndWait(env, 'manual', samples, queue, 'b8_second_start')
    await delay(SETTLE_SECONDS * 1_000)
    // The server of Postgres is of its own process group but a child of standalone all the same.
    const tree = await footprint(() => treeOf(second.pid), WATCH_SECONDS)
    samples.add('b8_tree_mb', queue, 'terrace', tree.megabytes)
    samples.add('b8_tree_cpu', queue, 'terrace', tree.cpuPercent)
    await second.stop()
  } finally {
    removeHome(home)
  }
}

/** From the start of the process to the end that the database holds of the first task. */
async function startAndWait(
  env: NodeJS.ProcessEnv,
  how: 'once' | 'manual',
  samples: Samples,
  queue: QueueKind,
  row: string,
): Promise<Role> {
  const began = Date.now()
  const starting = startRole(['standalone'], env)
  starting.catch(() => {})
  let pool: ReturnType<typeof openPostgres> | undefined
  let triggered = how === 'once'
  try {
    for (;;) {
      if (Date.now() - began > WITHIN_MS) throw new Error('standalone ran no task in time')
      await delay(STEP_MS)
      const engines = readEngineFile(env.TERRACE_HOME!)
      if (!engines) continue
      pool ??= openPostgres(engines.addresses.databaseUrl, { max: 1 })
      try {
        if (!triggered) {
          // A person's first act: as soon as there is a database, whether or not a role runs.
          await triggerRun(pool, { dagId: 'once', triggeredBy: 'test' })
          triggered = true
        }
        const { rows } = await pool.query<{ ended_at: Date }>(
          `select t.ended_at from terrace.task_instance t
           join terrace.dag_run r on r.id = t.dag_run_id
           where t.state = 'success' and t.ended_at > to_timestamp($1) and r.run_type = $2`,
          [began / 1_000, how === 'once' ? 'scheduled' : 'manual'],
        )
        if (!rows[0]) continue
        samples.add(row, queue, 'terrace', (rows[0].ended_at.getTime() - began) / 1_000)
        return await starting
      } catch (error) {
        // Tables and engines are still being made.
        if (Date.now() - began > WITHIN_MS) throw error
      }
    }
  } catch (error) {
    await starting.then((role) => role.stop()).catch(() => {})
    throw error
  } finally {
    await pool?.end()
  }
}

export async function measureRecovery(installation: Installation, samples: Samples): Promise<void> {
  const { pool, queue } = installation
  const { dagRunId } = await triggerRun(pool, {
    dagId: 'sleeper',
    runId: `bench__${crypto.randomUUID()}`,
    triggeredBy: 'test',
  })
  const look = async () => {
    const { rows } = await pool.query<{ try_number: number; started_at: Date; state: string }>(
      `select try_number, started_at, state from terrace.task_instance where dag_run_id = $1`,
      [dagRunId],
    )
    return rows[0]!
  }
  while ((await look()).state !== 'running') await delay(STEP_MS)
  const { rows } = await pool.query<{ now: Date }>('select clock_timestamp() as now')
  await installation.restartWorker()
  for (;;) {
    const task = await look()
    if (task.try_number > 1 && task.state === 'success') {
      const seconds = (task.started_at.getTime() - rows[0]!.now.getTime()) / 1_000
      samples.add('b8_recovery', queue, 'terrace', seconds)
      return
    }
    await delay(STEP_MS)
  }
}
