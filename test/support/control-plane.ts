// A metadata database of a test's own, and DAGs to put into it without a DAG folder.

import { openPostgres, type Pool } from '../../connections/postgres.ts'
import type { SerializedDag, SerializedTask } from '../../orchestrator/graph/serialized-dag.ts'
import { registerDags } from '../../orchestrator/store/dags.ts'
import { migrateMetadata } from '../../orchestrator/store/migrate.ts'
import { registerProcess } from '../../orchestrator/store/processes.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'

export interface ControlPlane {
  pool: Pool
  database: FreshDatabase
  close(): Promise<void>
}

export async function freshControlPlane(): Promise<ControlPlane> {
  const database = await freshDatabase({
    template: {
      name: 'metadata',
      async build(url) {
        await migrateMetadata(url)
      },
    },
  })
  const pool = openPostgres(database.url, { max: 12 })
  return {
    pool,
    database,
    async close() {
      await pool.end()
      await database.drop()
    },
  }
}

export function serializedTask(
  taskId: string,
  overrides: Partial<SerializedTask> = {},
): SerializedTask {
  return {
    taskId,
    kind: 'task',
    args: {},
    inputs: [],
    triggerRule: 'all_success',
    retries: 0,
    retryDelayMs: 0,
    backoff: 'fixed',
    maxRetryDelayMs: 0,
    jitter: 0,
    timeoutMs: null,
    pool: 'default_pool',
    poolSlots: 1,
    priorityWeight: 1,
    queue: 'default',
    isolation: 'thread',
    outlets: [],
    doc: null,
    ...overrides,
  }
}

export function serializedDag(
  dagId: string,
  tasks: SerializedTask[],
  edges: [string, string][],
  overrides: Partial<SerializedDag> = {},
): SerializedDag {
  return {
    formatVersion: 1,
    dagId,
    description: null,
    doc: null,
    tags: [],
    owners: [],
    schedule: { cron: null, once: false, assets: null, summary: '' },
    startDate: null,
    endDate: null,
    catchup: false,
    maxActiveRuns: 16,
    maxActiveTasks: 16,
    runTimeoutMs: null,
    params: {},
    pausedUponCreation: false,
    tasks,
    edges,
    ...overrides,
  }
}

export async function register(pool: Pool, ...dags: SerializedDag[]): Promise<void> {
  await registerDags(pool, {
    dags: dags.map((serialized) => ({
      filePath: `${serialized.dagId}.ts`,
      codeHash: 'code',
      structureHash: JSON.stringify(serialized),
      serialized,
      source: null,
    })),
    importErrors: [],
  })
}

/** @param leaseSeconds the default of the product when left out */
export function registerWorker(pool: Pool, leaseSeconds?: number): Promise<string> {
  return registerProcess(pool, {
    kind: 'worker',
    hostname: 'test',
    pid: process.pid,
    version: 'test',
    leaseSeconds,
  })
}
