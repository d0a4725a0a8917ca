// A small history, made the way the product makes it: a DAG with a gate, a run whose load failed
// twice, a run that waits, a paused DAG, an import error, an event of an asset.

import { openPostgres, type Pool } from '../../connections/postgres.ts'
import { structureHash } from '../../orchestrator/graph/structure-hash.ts'
import { asset, defineDag } from '../../orchestrator/sdk/index.ts'
import { appendLogs, claimAttempts, finishAttempts } from '../../orchestrator/store/attempts.ts'
import { registerDags } from '../../orchestrator/store/dags.ts'
import { migrateMetadata } from '../../orchestrator/store/migrate.ts'
import { registerProcess } from '../../orchestrator/store/processes.ts'
import { startRuns, triggerRun } from '../../orchestrator/store/runs.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'

export const HOSTILE = '<img src=x onerror=alert(1)>'

const noop = () => null

const DAGS = [
  defineDag(
    {
      id: 'shop_load',
      description: `Load the shop. ${HOSTILE}`,
      schedule: '*/30 * * * *',
      tags: ['raw', 'shop'],
      owners: ['data'],
      params: { days: 1 },
      startDate: '2026-01-01T00:00:00Z',
      maxActiveRuns: 1,
      runTimeout: '4m',
    },
    (dag) => {
      const extract = dag.task('extract', noop, {}, { timeout: '90s', retries: 1 })
      const load = dag
        .task('load', noop, {}, { outlets: [asset('raw:orders')], doc: 'Loads.' })
        .after(extract)
      dag.task('report', noop, {}).after(load)
    },
  ),
  defineDag({ id: 'mart_build', schedule: asset('raw:orders'), tags: ['marts'] }, (dag) => {
    dag.task('build', noop, {})
  }),
]

export const FAILED_RUN = 'first_run'
export const WAITING_RUN = 'second run: 100 % + more'

/** Fills an empty database. */
export async function seedMetadata(url: string): Promise<void> {
  await migrateMetadata(url)
  const pool = openPostgres(url, { max: 2 })
  try {
    await registerDags(pool, {
      dags: DAGS.map(({ serialized }) => ({
        filePath: `${serialized.dagId}.ts`,
        codeHash: 'c0de',
        structureHash: structureHash(serialized),
        serialized,
        source: '// the file',
      })),
      importErrors: [{ filePath: 'broken.ts', line: 3, message: `Unexpected token ${HOSTILE}` }],
    })
    const worker = await registerProcess(pool, {
      leaseSeconds: 3_600,
      kind: 'worker',
      hostname: 'host-1',
      pid: 4242,
      version: '0.1.0',
    })
    await makeFailedRun(pool, worker)
    await triggerRun(pool, {
      dagId: 'shop_load',
      runId: WAITING_RUN,
      conf: { days: 7 },
      note: HOSTILE,
      triggeredBy: 'cli',
      triggeringUser: 'cli:ada',
    })
  } finally {
    await pool.end()
  }
}

async function makeFailedRun(pool: Pool, worker: string): Promise<void> {
  await triggerRun(pool, {
    dagId: 'shop_load',
    runId: FAILED_RUN,
    logicalDate: new Date('2026-03-01T06:00:00Z'),
    triggeredBy: 'cli',
    triggeringUser: 'cli:ada',
  })
  let queued = await startRuns(pool, 'shop_load')
  for (const outcome of ['success', 'failed'] as const) {
    const claimed = await claimAttempts(pool, worker, queued)
    const attempt = claimed[0]!
    await appendLogs(
      pool,
      [1, 2, 3].map((lineNumber) => ({
        taskInstanceId: attempt.taskInstanceId,
        tryNumber: attempt.tryNumber,
        lineNumber,
        loggedAt: `2026-03-01T06:00:0${lineNumber}Z`,
        level: lineNumber === 3 ? 'error' : 'info',
        stream: 'log',
        message: `line ${lineNumber} of ${attempt.taskId}`,
        fields: lineNumber === 2 ? { rows: 12 } : null,
      })),
    )
    const finished = await finishAttempts(pool, worker, [
      {
        taskInstanceId: attempt.taskInstanceId,
        fence: attempt.fence,
        outcome,
        output: outcome === 'success' ? '{"rows":12}' : null,
        error: outcome === 'failed' ? 'Error: the shop is closed' : null,
        delayMs: null,
        skipTaskIds: [],
        assetEvents: [],
        codeHash: 'c0de',
        continueHere: false,
      },
    ])
    queued = finished.queued
  }
}

export function seededDatabase(): Promise<FreshDatabase> {
  return freshDatabase({ template: { name: 'api-seed-1', build: seedMetadata } })
}
