// One Terrace per queue: a database of its own on the shared, durable Postgres, a scheduler and a
// worker as processes. Times are read from what they stored.

import { join } from 'node:path'
import { Client } from 'pg'
import { openPostgres, type Pool } from '../connections/postgres.ts'
import { migrateQueue } from '../orchestrator/queue/index.ts'
import { migrateMetadata } from '../orchestrator/store/migrate.ts'
import { triggerRun } from '../orchestrator/store/runs.ts'
import { writeDags } from './dag-files.ts'
import { type Role, startRole } from './roles.ts'
import type { QueueKind } from './rows.ts'
import type { Servers } from './servers.ts'

const WORKER = ['worker', '-q', 'default', 'other', '-c', '64']
const DAGS = ['chain_continued', 'chain_queued', 'compute', 'fan_out', 'single', 'sleeper']
const RUN_WITHIN_MS = 600_000

export interface Installation {
  queue: QueueKind
  pool: Pool
  databaseUrl: string
  worker(): Role
  restartWorker(): Promise<void>
  /** Triggers a run and resolves when it has ended well. */
  run(dagId: string): Promise<{ dagRunId: string; durationMs: number }>
  stop(): Promise<void>
}

export async function install(servers: Servers, queue: QueueKind): Promise<Installation> {
  const databaseUrl = await createDatabase(servers.postgresUrl, `bench_${queue}`)
  await migrateMetadata(databaseUrl)
  await migrateQueue(databaseUrl)
  const pool = openPostgres(databaseUrl, { max: 4 })
  // Wide enough for the fan-out to be on the queue at once.
  await pool.query('update terrace.pool set slots = 100000')
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    TERRACE_HOME: servers.home,
    TERRACE_DAGS_FOLDER: writeDags(join(servers.home, 'dags'), DAGS),
    DATABASE_URL: databaseUrl,
    // Never called: nothing here touches the marts.
    CLICKHOUSE_URL: 'http://127.0.0.1:9',
    ...(queue === 'redis' && { REDIS_URL: servers.redisUrl }),
  }
  const scheduler = await startRole(['scheduler'], env)
  let worker = await startRole(WORKER, env)
  const ended = await listenForEnds(databaseUrl)
  await registered(pool, scheduler)

  return {
    queue,
    pool,
    databaseUrl,
    worker: () => worker,
    async restartWorker() {
      await worker.kill()
      worker = await startRole(WORKER, env)
    },
    async run(dagId) {
      const { dagRunId } = await triggerRun(pool, {
        dagId,
        runId: `bench__${crypto.randomUUID()}`,
        triggeredBy: 'test',
      })
      const giveUpAt = performance.now() + RUN_WITHIN_MS
      for (;;) {
        const { rows } = await pool.query<{ state: string; duration_ms: number }>(
          `select state, (extract(epoch from ended_at - started_at) * 1000)::float8 as duration_ms
           from terrace.dag_run where id = $1`,
          [dagRunId],
        )
        const { state, duration_ms: durationMs } = rows[0]!
        if (state === 'success') return { dagRunId, durationMs }
        if (state === 'failed' || performance.now() > giveUpAt)
          throw new Error(`The run of ${dagId} is ${state}:\n${worker.output()}`)
        await ended.next(1_000)
      }
    },
    async stop() {
      await Promise.all([worker.stop(), scheduler.stop(), ended.close()])
      await pool.end()
    },
  }
}

/** A look at the database only when a run has ended: polling would be part of what is measured. */
async function listenForEnds(databaseUrl: string) {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query('listen terrace_scheduler')
  return {
    next: (withinMs: number) =>
      new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer)
          client.off('notification', heard)
          resolve()
        }
        const heard = ({ payload }: { payload?: string | undefined }) => {
          if (payload === 'run_ended') done()
        }
        const timer = setTimeout(done, withinMs)
        client.on('notification', heard)
      }),
    close: () => client.end(),
  }
}

async function registered(pool: Pool, scheduler: Role): Promise<void> {
  const giveUpAt = performance.now() + 60_000
  for (;;) {
    const { rows } = await pool.query<{ n: number }>('select count(*)::int as n from terrace.dag')
    if (rows[0]!.n >= DAGS.length) return
    if (performance.now() > giveUpAt)
      throw new Error(`The DAGs were not registered:\n${scheduler.output()}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

export async function createDatabase(
  serverUrl: string,
  name: string,
  template = 'template1',
): Promise<string> {
  const client = new Client({ connectionString: serverUrl })
  await client.connect()
  await client.query(`create database ${name} template ${template}`)
  await client.end()
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}
