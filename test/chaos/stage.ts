// Where chaos happens: a database with metadata, queue, event log, warehouse and a ledger of effects,
// and scheduler and workers as real processes with a short lease. No engines of their own: nothing
// here needs ClickHouse.

import { migrateEventLog } from '../../connections/event-log/index.ts'
import { migrateWarehouse } from '../../connections/migrations.ts'
import { openPostgres, type Pool } from '../../connections/postgres.ts'
import type { Json } from '../../orchestrator/graph/serialized-dag.ts'
import { migrateQueue } from '../../orchestrator/queue/index.ts'
import { migrateMetadata } from '../../orchestrator/store/migrate.ts'
import { notifyScheduler, triggerRun } from '../../orchestrator/store/runs.ts'
import { freshDatabase } from '../support/database.ts'
import { controlPlaneViolations, effectViolations, type Violation } from '../support/invariants.ts'
import { installation, type RoleEnd, type RoleUnderTest } from '../support/processes.ts'
import { until } from '../support/until.ts'

export const LEASE_SECONDS = 3
/** For what waits for a lease to lapse, or for a process to start, on a busy machine. */
export const PATIENCE = { withinMs: 100_000 }

const LEDGER = `
  create schema chaos;
  create table chaos.ledger (
    id bigint generated always as identity primary key,
    task_instance_id uuid not null, dag_id text not null, run_id text not null,
    task_id text not null, fence int not null, n_upstream_effects int not null,
    written_at timestamptz not null default clock_timestamp());
  create table chaos.effect (
    task_instance_id uuid not null, dag_id text not null, run_id text not null,
    task_id text not null, fence int not null, primary key (dag_id, run_id, task_id));
  grant usage on schema chaos to public;
  grant all on all tables in schema chaos to public`

export interface Attempt {
  taskId: string
  tryNumber: number
  fence: number
  outcome: string
}

export interface Stage {
  pool: Pool
  databaseUrl: string
  /** @param failpoint such as `worker.before_finish=kill:1` */
  start(role: 'scheduler' | 'worker', failpoint?: string): Promise<RoleUnderTest>
  /** kill -9 to all that run but these. */
  killAllBut(...kept: (RoleUnderTest | undefined)[]): Promise<void>
  trigger(dagId: string, conf?: { [key: string]: Json }): Promise<string>
  /** The end of a run: its state. */
  ended(dagRunId: string): Promise<string>
  attempts(dagRunId: string): Promise<Attempt[]>
  /** Everything that breaks an invariant, of the control plane or of the effects. */
  violations(): Promise<Violation[]>
  /** Until everything that was committed has been published. */
  settled(): Promise<void>
  close(): Promise<void>
}

export async function openStage(options: {
  redisUrl?: string | undefined
  leaseSeconds?: number
}): Promise<Stage> {
  const database = await freshDatabase({
    template: {
      name: 'chaos',
      async build(url) {
        await migrateMetadata(url)
        await migrateQueue(url)
        const pool = openPostgres(url)
        await migrateEventLog(pool)
        await migrateWarehouse({ warehouse: pool })
        await pool.query(LEDGER)
        await pool.end()
      },
    },
  })
  const pool = openPostgres(database.url, { max: 4 })
  const place = await installation({
    DATABASE_URL: database.url,
    // Never asked: the roles only want to know where it would be.
    CLICKHOUSE_URL: 'http://127.0.0.1:9',
    TERRACE_DAGS_FOLDER: new URL('./dags', import.meta.url).pathname,
    TERRACE_LEASE_SECONDS: String(options.leaseSeconds ?? LEASE_SECONDS),
    ...(options.redisUrl && { REDIS_URL: options.redisUrl }),
  })
  const started: RoleUnderTest[] = []

  const stage: Stage = {
    pool,
    databaseUrl: database.url,

    async start(role, failpoint) {
      const running = await place.start(role, {
        env: failpoint ? { TERRACE_FAILPOINTS: failpoint } : {},
      })
      started.push(running)
      return running
    },

    async killAllBut(...kept) {
      const others = started.filter((role) => !kept.includes(role))
      for (const role of others) role.signal('SIGKILL')
      await Promise.all(others.map((role) => role.ended))
      started.splice(0, started.length, ...started.filter((role) => kept.includes(role)))
    },

    async trigger(dagId, conf = {}) {
      await until(`DAG ${dagId} is registered`, async () => isRegistered(pool, dagId), PATIENCE)
      const { dagRunId } = await triggerRun(pool, { dagId, conf, triggeredBy: 'test' })
      await notifyScheduler(pool, 'test')
      return dagRunId
    },

    async ended(dagRunId) {
      const look = async () => {
        const { rows } = await pool.query<{ state: string }>(
          `select state from terrace.dag_run where id = $1 and state in ('success', 'failed')`,
          [dagRunId],
        )
        return rows[0]?.state
      }
      return until('the run has ended', look, PATIENCE).catch(async (error: Error) => {
        throw new Error(`${error.message}\n${await describe(pool, dagRunId)}\n${said(started)}`)
      })
    },

    async attempts(dagRunId) {
      const { rows } = await pool.query<Attempt>(
        `select t.task_id as "taskId", a.try_number as "tryNumber", a.fence, a.outcome
         from terrace.task_attempt a join terrace.task_instance t on t.id = a.task_instance_id
         where t.dag_run_id = $1 order by t.task_id, a.fence`,
        [dagRunId],
      )
      return rows
    },

    async violations() {
      return [...(await controlPlaneViolations(pool)), ...(await effectViolations(pool))]
    },

    async settled() {
      await until(
        'the outbox is empty',
        async () => (await pool.query('select from terrace.outbox')).rowCount === 0,
        PATIENCE,
      )
    },

    async close() {
      await place.close()
      await pool.end()
      await database.drop()
    },
  }
  return stage
}

/** Resolves with how a process ended that a failpoint should have killed. */
export async function killed(role: RoleUnderTest): Promise<RoleEnd> {
  let end: RoleEnd | undefined
  void role.ended.then((how) => {
    end = how
  })
  return until('the failpoint has killed the process', async () => end, PATIENCE).catch(
    (error: Error) => {
      throw new Error(`${error.message}\n${role.output()}`)
    },
  )
}

async function isRegistered(pool: Pool, dagId: string): Promise<boolean> {
  return (await pool.query('select from terrace.dag where dag_id = $1', [dagId])).rowCount === 1
}

async function describe(pool: Pool, dagRunId: string): Promise<string> {
  const { rows } = await pool.query(
    `select state, count(*)::int as n, min(task_id) as example, max(error) as error
     from terrace.task_instance where dag_run_id = $1 group by state`,
    [dagRunId],
  )
  const { rows: processes } = await pool.query('select kind, pid, state from terrace.process')
  return JSON.stringify({ rows, processes }, null, 1)
}

function said(roles: RoleUnderTest[]): string {
  return roles.map((role) => `--- pid ${role.pid}\n${role.output().slice(-2_000)}`).join('\n')
}
