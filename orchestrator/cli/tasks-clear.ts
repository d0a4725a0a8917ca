// tasks clear: the manual re-run. Always shows what it would clear before it asks.

import type { Command } from 'commander'
import { counted } from '../counted.ts'
import { type ClearRequest, clearTaskInstances, notifyScheduler } from '../store/runs.ts'
import { actorOfCli } from './actor.ts'
import {
  dateArgument,
  examples,
  outputOption,
  regexArgument,
  yesOption,
} from './command-options.ts'
import { UsageError } from './errors.ts'
import { matchingTasks, requireGraph, requireRun } from './lookups.ts'
import { withMetadata } from './metadata.ts'
import { type OutputFormat, printRows } from './output.ts'
import { confirm } from './question.ts'

interface ClearOptions {
  taskRegex?: RegExp
  runId?: string[]
  startDate?: Date
  endDate?: Date
  downstream: boolean
  upstream: boolean
  onlyFailed: boolean
  onlyRunning: boolean
  dryRun: boolean
  yes: boolean
  output: OutputFormat
}

export function defineTaskClear(tasks: Command): void {
  const clear = tasks
    .command('clear')
    .description('run tasks again, as if they had not run; attempts and logs are kept')
    .argument('<dag_id>', 'the DAG')
    .option(
      '-t, --task-regex <regex>',
      'only tasks whose id matches; all without it',
      regexArgument,
    )
    .option('--run-id <run_id...>', 'only these runs')
    .option('-s, --start-date <date>', 'only runs of this logical date or later', dateArgument)
    .option('-e, --end-date <date>', 'only runs of this logical date or earlier', dateArgument)
    .option('-d, --downstream', 'also what comes after the tasks', false)
    .option('-u, --upstream', 'also what comes before the tasks', false)
    .option('-f, --only-failed', 'only instances that failed', false)
    .option('-r, --only-running', 'only instances that are running', false)
    .option('--dry-run', 'show what would be cleared and stop', false)
    .addOption(yesOption())
    .addOption(outputOption())
    .action(runClear)
  examples(
    clear,
    'tasks clear kafka_to_raw -t consume_and_save --run-id R -d -y',
    'tasks clear raw_to_dds -s 2026-03-01 -e 2026-03-02 -f --dry-run',
    "tasks clear raw_to_dds -t '^load_' --run-id R1 R2 -d",
  )
}

async function runClear(dagId: string, options: ClearOptions): Promise<void> {
  const { startDate, endDate, runId } = options
  if (runId && (startDate || endDate)) {
    throw new UsageError(
      'Name the runs either by --run-id or by --start-date and --end-date, not both.',
    )
  }
  if (!runId && !startDate && !endDate) {
    throw new UsageError(
      `Which runs? Add --run-id R, or -s START -e END. Runs: terrace dags list-runs ${dagId}`,
    )
  }
  if (startDate && endDate && endDate < startDate) {
    throw new UsageError(
      `The end date ${endDate.toISOString()} is before the start date ${startDate.toISOString()}.`,
    )
  }
  if (options.onlyFailed && options.onlyRunning) {
    throw new UsageError('Use either -f (only failed) or -r (only running), not both.')
  }
  await withMetadata(async (pool) => {
    const graph = await requireGraph(pool, dagId)
    for (const id of runId ?? []) await requireRun(pool, dagId, id)
    const request: ClearRequest = {
      dagId,
      runIds: runId ?? null,
      from: startDate ?? null,
      to: endDate ?? null,
      taskIds: matchingTasks(graph, options.taskRegex),
      upstream: options.upstream,
      downstream: options.downstream,
      onlyFailed: options.onlyFailed,
      onlyRunning: options.onlyRunning,
      resetDagRuns: true,
      dryRun: true,
      actor: actorOfCli(),
    }
    const preview = await clearTaskInstances(pool, request)
    const records = preview.map((task) => ({
      dag_id: task.dagId,
      run_id: task.runId,
      task_id: task.taskId,
      ...(task.mapIndex >= 0 && { map_index: task.mapIndex }),
      state: task.state,
      try_number: task.tryNumber,
    }))
    const columns = ['dag_id', 'run_id', 'task_id', 'state', 'try_number']
    await printRows(records, options.output, columns, 'Nothing matches.')
    if (options.dryRun || preview.length === 0) return
    const nRuns = new Set(preview.map((task) => task.runId)).size
    const question = `Clear ${counted(preview.length, 'task instance')} in ${counted(nRuns, 'run')}?`
    if (!(await confirm(question, options.yes))) {
      process.stderr.write('Nothing was cleared.\n')
      return
    }
    const cleared = await clearTaskInstances(pool, { ...request, dryRun: false })
    await notifyScheduler(pool, 'tasks_cleared')
    const running = preview.filter(({ state }) => state === 'running').length
    const stopped =
      running === 0
        ? ''
        : ` ${running} of them ran: such a task starts again when its attempt has been stopped, within seconds.`
    process.stderr.write(`Cleared ${counted(cleared.length, 'task instance')}.${stopped}\n`)
  })
}
