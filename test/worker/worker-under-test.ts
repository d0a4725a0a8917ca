// A database of its own, the fixtures' DAGs registered, a queue and a worker; runs are awaited by
// reading their state until it has ended.

import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { openPostgres, type Pool } from '../../connections/postgres.ts'
import { importDags } from '../../orchestrator/dag-processor/load-dag.ts'
import { structureHash } from '../../orchestrator/graph/structure-hash.ts'
import { migrateQueue, openTaskQueue, type TaskQueue } from '../../orchestrator/queue/index.ts'
import { markPublished } from '../../orchestrator/store/attempts.ts'
import { registerDags } from '../../orchestrator/store/dags.ts'
import { migrateMetadata } from '../../orchestrator/store/migrate.ts'
import { startRuns, triggerRun } from '../../orchestrator/store/runs.ts'
import {
  type RunningWorker,
  startWorker,
  type WorkerOptions,
} from '../../orchestrator/worker/start-worker.ts'
import { freshDatabase } from '../support/database.ts'

export const DAGS_FOLDER = new URL('./dags', import.meta.url).pathname

export interface TaskRow {
  taskId: string
  state: string
  tryNumber: number
  fence: number
  error: string | null
  id: string
}

export interface WorkerUnderTest {
  pool: Pool
  queue: TaskQueue
  databaseUrl: string
  said: string[]
  start(options?: Partial<WorkerOptions>): Promise<RunningWorker>
  /** Registers every DAG of a file, as the DAG processor would. */
  register(folder: string, filePath: string, codeHash?: string): Promise<void>
  trigger(dagId: string, conf?: Record<string, never | string | number>): Promise<string>
  tasks(dagRunId: string): Promise<Record<string, TaskRow>>
  output(dagRunId: string, taskId: string): Promise<unknown>
  log(taskInstanceId: string): Promise<{ stream: string; message: string; level: string }[]>
  /** The run's state, once it has ended. */
  runEnd(dagRunId: string): Promise<string>
  /** Waits until the database says so. */
  until(what: string, holds: () => Promise<boolean>): Promise<void>
  close(): Promise<void>
}

export async function workerUnderTest(
  options: { redisUrl?: string } = {},
): Promise<WorkerUnderTest> {
  const database = await freshDatabase({
    template: {
      name: 'metadata and queue, with the worker tests’ DAGs',
      async build(url) {
        await migrateMetadata(url)
        await migrateQueue(url)
      },
    },
  })
  const pool = openPostgres(database.url, { max: 6 })
  const queue = await openTaskQueue({
    databaseUrl: database.url,
    redisUrl: options.redisUrl,
    redisPrefix: randomUUID(),
  })
  const workers: RunningWorker[] = []
  const said: string[] = []

  const under: WorkerUnderTest = {
    pool,
    queue,
    databaseUrl: database.url,
    said,
    async start(changes = {}) {
      const worker = await startWorker({
        pool,
        queue,
        dagsFolder: DAGS_FOLDER,
        concurrency: 8,
        hostname: hostname(),
        log: (level, message) => said.push(`${level}: ${message}`),
        random: () => 0.5,
        ...changes,
        limits: { watchEveryMs: 100, abortGraceMs: 300, memoryMb: 64, ...changes.limits },
      })
      workers.push(worker)
      return worker
    },
    async register(folder, filePath, codeHash = 'one') {
      const dags = await importDags(join(folder, filePath))
      await registerDags(pool, {
        dags: dags.map(({ serialized }) => ({
          filePath,
          codeHash,
          structureHash: structureHash(serialized),
          serialized,
          source: null,
        })),
        importErrors: [],
      })
    },
    async trigger(dagId, conf = {}) {
      const run = await triggerRun(pool, { dagId, conf, triggeredBy: 'test' })
      const queued = await startRuns(pool, dagId)
      await queue.publish(queued)
      await markPublished(pool, queued)
      return run.dagRunId
    },
    async tasks(dagRunId) {
      const { rows } = await pool.query<TaskRow>(
        `select id, task_id as "taskId", state, try_number as "tryNumber", fence, error
         from terrace.task_instance where dag_run_id = $1`,
        [dagRunId],
      )
      return Object.fromEntries(rows.map((row) => [row.taskId, row]))
    },
    async output(dagRunId, taskId) {
      const { rows } = await pool.query<{ value: unknown }>(
        'select value from terrace.task_output where dag_run_id = $1 and task_id = $2',
        [dagRunId, taskId],
      )
      return rows[0]?.value
    },
    async log(taskInstanceId) {
      const { rows } = await pool.query<{ stream: string; message: string; level: string }>(
        `select stream, message, level from terrace.task_log where task_instance_id = $1
         order by try_number, line_number`,
        [taskInstanceId],
      )
      return rows
    },
    async runEnd(dagRunId) {
      let state = ''
      await under.until(`the end of run ${dagRunId}`, async () => {
        const { rows } = await pool.query<{ state: string }>(
          'select state from terrace.dag_run where id = $1',
          [dagRunId],
        )
        state = rows[0]!.state
        return state === 'success' || state === 'failed'
      })
      return state
    },
    async until(what, holds) {
      const limit = performance.now() + 25_000
      while (!(await holds())) {
        if (performance.now() > limit) {
          const { rows } = await pool.query(
            'select task_id, state, try_number, error from terrace.task_instance order by id limit 50',
          )
          throw new Error(
            `Waited in vain for ${what}\n${JSON.stringify(rows, null, 1)}\n${said.join('\n')}`,
          )
        }
        await delay(5)
      }
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.kill()))
      await queue.close()
      await pool.end()
      await database.drop()
    },
  }
  return under
}
