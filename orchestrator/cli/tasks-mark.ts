// tasks stop and tasks mark: a person decides what a task is, whatever its code does. Code that runs is
// stopped by its worker, wherever that is.

import { setTimeout as delay } from 'node:timers/promises'
import { Argument, type Command, Option } from 'commander'
import type { Pool } from '../../connections/postgres.ts'
import { type MarkRequest, markTasks, TASK_MARKS, type TaskMark } from '../store/marks.ts'
import { listTaskInstances } from '../store/read/task-instances.ts'
import type { SelectedTask } from '../store/task-selection.ts'
import { actorOfCli } from './actor.ts'
import { examples, outputOption, yesOption } from './command-options.ts'
import { CommandError } from './errors.ts'
import { requireGraph, requireRun, requireTask } from './lookups.ts'
import { withMetadata } from './metadata.ts'
import { type OutputFormat, printRows } from './output.ts'
import { confirm } from './question.ts'

const POLL_MS = 250
const ACTIVE = new Set(['running', 'restarting'])
const COLUMNS = ['dag_id', 'run_id', 'task_id', 'state', 'try_number']

export const waitOption = () =>
  new Option('--no-wait', 'do not wait until code that runs has stopped')

interface StopOptions {
  as: TaskMark
  wait: boolean
  yes: boolean
  output: OutputFormat
}

interface MarkOptions {
  upstream: boolean
  downstream: boolean
  past: boolean
  future: boolean
  dryRun: boolean
  wait: boolean
  yes: boolean
  output: OutputFormat
}

export function defineTaskMarks(tasks: Command): void {
  const stop = tasks
    .command('stop')
    .description('stop a task that runs or waits; it is not retried')
    .argument('<dag_id>', 'the DAG')
    .argument('<task_id>', 'the task')
    .argument('<run_id>', 'the run')
    .addOption(
      new Option('--as <state>', 'what the task is then').choices(TASK_MARKS).default('failed'),
    )
    .addOption(waitOption())
    .addOption(yesOption())
    .addOption(outputOption())
    .action(runStop)
  examples(
    stop,
    'tasks stop kafka_to_raw consume_and_save R',
    'tasks stop raw_to_dds load_orders R --as skipped',
  )
  const mark = tasks
    .command('mark')
    .description('give a task a state, whatever its code did or does')
    .argument('<dag_id>', 'the DAG')
    .argument('<task_id>', 'the task')
    .argument('<run_id>', 'the run')
    .addArgument(new Argument('<state>', 'what the task is then').choices(TASK_MARKS))
    .option('-u, --upstream', 'also what comes before the task', false)
    .option('-d, --downstream', 'also what comes after the task', false)
    .option('--past', 'also in the runs before', false)
    .option('--future', 'also in the runs after', false)
    .option('--dry-run', 'show what would be marked and stop', false)
    .addOption(waitOption())
    .addOption(yesOption())
    .addOption(outputOption())
    .action(runMark)
  examples(
    mark,
    'tasks mark raw_to_dds check_vault R success -y',
    'tasks mark raw_to_dds load_orders R failed -d --dry-run',
  )
}

async function runStop(
  dagId: string,
  taskId: string,
  runId: string,
  options: StopOptions,
): Promise<void> {
  await withMetadata(async (pool) => {
    await requireTaskOfRun(pool, dagId, taskId, runId)
    // One task that somebody named: a script, which cannot answer, needs no --yes.
    const question = `Stop ${dagId}.${taskId} of ${runId}?`
    if (process.stdin.isTTY && !(await confirm(question, options.yes))) {
      process.stderr.write('Nothing was stopped.\n')
      return
    }
    const stopped = await markTasks(pool, {
      ...ALONE,
      dagId,
      taskId,
      runId,
      state: options.as,
      onlyUnended: true,
      dryRun: false,
      actor: actorOfCli(),
    })
    if (stopped.length === 0) {
      throw new CommandError(
        `There is nothing to stop: ${dagId}.${taskId} of ${runId} has ended. Its state can be changed all the same: terrace tasks mark --help`,
      )
    }
    await printDecided(pool, stopped, options)
  })
}

async function runMark(
  dagId: string,
  taskId: string,
  runId: string,
  state: TaskMark,
  options: MarkOptions,
): Promise<void> {
  await withMetadata(async (pool) => {
    await requireTaskOfRun(pool, dagId, taskId, runId)
    const request: MarkRequest = {
      dagId,
      taskId,
      runId,
      state,
      upstream: options.upstream,
      downstream: options.downstream,
      past: options.past,
      future: options.future,
      dryRun: true,
      actor: actorOfCli(),
    }
    const preview = await markTasks(pool, request)
    if (options.dryRun || preview.length === 0) {
      const none = `Nothing would change: what is named is ${state} already.`
      await printRows(preview.map(recordOf), options.output, COLUMNS, none)
      return
    }
    const noun = preview.length === 1 ? 'task instance' : 'task instances'
    if (!(await confirm(`Mark ${preview.length} ${noun} as ${state}?`, options.yes))) {
      process.stderr.write('Nothing was marked.\n')
      return
    }
    await printDecided(pool, await markTasks(pool, { ...request, dryRun: false }), options)
  })
}

const ALONE = { upstream: false, downstream: false, past: false, future: false }

async function requireTaskOfRun(
  pool: Pool,
  dagId: string,
  taskId: string,
  runId: string,
): Promise<void> {
  requireTask(await requireGraph(pool, dagId), taskId)
  await requireRun(pool, dagId, runId)
}

/** Prints the task instances as they are once their code has stopped. */
async function printDecided(
  pool: Pool,
  decided: readonly SelectedTask[],
  { wait, output }: { wait: boolean; output: OutputFormat },
): Promise<void> {
  const rows = await statesOf(
    pool,
    decided.map((task) => task.taskInstanceId),
    wait,
  )
  await printRows(rows.map(recordOf), output, COLUMNS)
}

function recordOf(task: Omit<SelectedTask, 'taskInstanceId'>) {
  return {
    dag_id: task.dagId,
    run_id: task.runId,
    task_id: task.taskId,
    ...(task.mapIndex >= 0 && { map_index: task.mapIndex }),
    state: task.state,
    try_number: task.tryNumber,
  }
}

/** The task instances now, or, with `wait`, as soon as none of them runs any more. */
export async function statesOf(pool: Pool, ids: string[], wait: boolean) {
  let said = false
  for (;;) {
    const { rows } = await listTaskInstances(
      pool,
      { ids },
      {
        limit: ids.length,
        offset: 0,
        orderBy: ['run_after', 'run_id', 'position', 'map_index'],
      },
    )
    const running = rows.filter((row) => ACTIVE.has(row.state))
    if (running.length === 0 || !wait) return rows
    if (!said) {
      const names = running.map((row) => row.taskId).join(', ')
      process.stderr.write(`Waiting until the code has stopped: ${names}\n`)
      said = true
    }
    await delay(POLL_MS)
  }
}
