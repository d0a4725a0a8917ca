// dags trigger: one run by hand. The run is stored and the schedulers are told; who starts the tasks
// is their business, so the command works before they do.

import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import type { Pool } from '../../connections/postgres.ts'
import type { Json } from '../graph/serialized-dag.ts'
import { readHealth } from '../store/read/processes.ts'
import { readRun } from '../store/read/runs.ts'
import { listTaskInstances } from '../store/read/task-instances.ts'
import { notifyScheduler, triggerRun } from '../store/runs.ts'
import { runIdProblem } from '../timetable/run-ids.ts'
import { actorOfCli } from './actor.ts'
import { dateArgument, examples, jsonObjectArgument, outputOption } from './command-options.ts'
import { CommandError, UsageError } from './errors.ts'
import { requireDag } from './lookups.ts'
import { withMetadata } from './metadata.ts'
import { type OutputFormat, printRows } from './output.ts'

const POLL_MS = 250

interface TriggerOptions {
  conf?: { [key: string]: Json }
  runId?: string
  logicalDate?: Date
  note?: string
  idempotencyKey?: string
  wait: boolean
  output: OutputFormat
}

export function defineDagTrigger(dags: Command): void {
  const trigger = dags
    .command('trigger')
    .description('start a run of a DAG')
    .argument('<dag_id>', 'the DAG')
    .option(
      '-c, --conf <json>',
      "values over the DAG's params, as a JSON object",
      jsonObjectArgument,
    )
    .option('-r, --run-id <run_id>', 'name of the run; made from the time when left out')
    .option(
      '-l, --logical-date <date>',
      'logical date of the run; none when left out',
      dateArgument,
    )
    .option('--note <text>', 'why it was started, shown beside the run')
    .option('--idempotency-key <key>', 'a second trigger with the same key finds the first run')
    .option('--wait', 'wait for the end; exit code 1 when the run fails', false)
    .addOption(outputOption())
    .action(async (dagId: string, options: TriggerOptions) => {
      checkRunId(options.runId)
      await withMetadata(async (pool) => {
        const dag = await requireDag(pool, dagId)
        if (dag.isStale) {
          throw new UsageError(
            `The DAG "${dagId}" is no longer in the DAG folder (${dag.filePath}), so it cannot run. Bring the file back.`,
          )
        }
        const { runId, existed } = await triggerRun(pool, {
          dagId,
          triggeredBy: 'cli',
          triggeringUser: actorOfCli(),
          ...(options.conf && { conf: options.conf }),
          ...(options.runId && { runId: options.runId }),
          ...(options.logicalDate && { logicalDate: options.logicalDate }),
          ...(options.note && { note: options.note }),
          ...(options.idempotencyKey && { idempotencyKey: options.idempotencyKey }),
        })
        await notifyScheduler(pool, 'run_triggered')
        if (dag.isPaused) {
          process.stderr.write(
            `The DAG is paused: the run waits until \`terrace dags unpause ${dagId}\`.\n`,
          )
        }
        const run = options.wait
          ? await waitForRun(pool, dagId, runId)
          : await readRun(pool, dagId, runId)
        const record = {
          dag_id: dagId,
          run_id: runId,
          state: run?.state,
          existed,
          logical_date: run?.logicalDate,
          run_after: run?.runAfter,
          conf: run?.conf,
        }
        await printRows([record], options.output)
        if (run?.state === 'failed') {
          process.exitCode = 1
          if (options.wait) await printFailures(pool, dagId, runId)
        }
      })
    })
  examples(
    trigger,
    'dags trigger kafka_to_raw --wait',
    `dags trigger report --conf '{"days": 7}' --note 'asked for by finance'`,
    'dags trigger report -r before_release -l 2026-03-01T06:00:00+03:00',
  )
}

function checkRunId(runId: string | undefined): void {
  const wrong = runId === undefined ? null : runIdProblem(runId)
  if (wrong !== null) throw new UsageError(`${wrong.problem}. ${wrong.fix}.`)
}

/** Each task that failed itself, why, and where its log is. */
async function printFailures(pool: Pool, dagId: string, runId: string): Promise<void> {
  const { rows } = await listTaskInstances(
    pool,
    { dagId, runId, states: ['failed'] },
    { limit: 20, offset: 0, orderBy: ['position'] },
  )
  for (const { taskId, error } of rows)
    process.stderr.write(
      `${dagId}.${taskId} failed: ${error ?? 'no error was kept'}\n` +
        `Its log: terrace tasks logs ${dagId} ${taskId} ${runId}\n`,
    )
}

async function waitForRun(pool: Pool, dagId: string, runId: string) {
  let warned = false
  for (;;) {
    const run = await readRun(pool, dagId, runId)
    if (!run) throw new CommandError(`The run "${runId}" of "${dagId}" was deleted meanwhile.`)
    if (run.state === 'success' || run.state === 'failed') return run
    if (!warned) {
      const alive = new Set((await readHealth(pool)).filter((h) => h.isAlive).map((h) => h.kind))
      const missing = (['scheduler', 'worker'] as const).filter((kind) => !alive.has(kind))
      if (missing.length > 0) {
        process.stderr.write(
          `No ${missing.join(' and no ')} is alive, so the run waits. Start one: ${missing.map((kind) => `terrace ${kind}`).join(', ')}\n`,
        )
      }
      warned = true
    }
    await delay(POLL_MS)
  }
}
