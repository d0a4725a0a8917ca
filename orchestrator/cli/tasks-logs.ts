// tasks logs: the lines of an attempt, and those that come while it runs.

import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import type { Pool } from '../../connections/postgres.ts'
import { ENDED_STATES } from '../graph/states.ts'
import { type LogRow, readLogs, triesWithLogs } from '../store/read/logs.ts'
import { readTaskInstance, type TaskInstanceRow } from '../store/read/task-instances.ts'
import { examples, integerArgument } from './command-options.ts'
import { UsageError } from './errors.ts'
import { requireGraph, requireRun, requireTask } from './lookups.ts'
import { withMetadata } from './metadata.ts'
import { printable } from './output.ts'

const PAGE = 2_000
const POLL_MS = 300

interface LogsOptions {
  try?: number
  mapIndex: number
  follow: boolean
}

export function defineTaskLogs(tasks: Command): void {
  const logs = tasks
    .command('logs')
    .description('print the log of an attempt')
    .argument('<dag_id>', 'the DAG')
    .argument('<task_id>', 'the task')
    .argument('<run_id>', 'the run')
    .option('--try <n>', 'which attempt; the latest when left out', integerArgument(1))
    .option('--map-index <n>', 'index of a mapped task', integerArgument(-1), -1)
    .option('-f, --follow', 'go on until the task has ended, over retries too', false)
    .action(async (dagId: string, taskId: string, runId: string, options: LogsOptions) => {
      await withMetadata(async (pool) => {
        await requireRun(pool, dagId, runId)
        const key = { dagId, runId, taskId, mapIndex: options.mapIndex }
        const instance = await readTaskInstance(pool, key)
        if (!instance) {
          requireTask(await requireGraph(pool, dagId), taskId)
          throw new UsageError(
            `The run "${runId}" has no instance of "${taskId}" with map index ${options.mapIndex}. See: terrace tasks states-for-dag-run ${dagId} ${runId}`,
          )
        }
        if (options.follow) await followLogs(pool, instance, options.try)
        else await printTry(pool, instance, options.try)
      })
    })
  examples(
    logs,
    'tasks logs kafka_to_raw consume_and_save R',
    'tasks logs kafka_to_raw consume_and_save R --try 1',
    'tasks logs kafka_to_raw consume_and_save R -f',
  )
}

async function printTry(pool: Pool, instance: TaskInstanceRow, wanted: number | undefined) {
  const known = await triesWithLogs(pool, instance.id)
  const tryNumber = wanted ?? known.at(-1) ?? instance.tryNumber
  if (wanted !== undefined && wanted > instance.tryNumber && !known.includes(wanted)) {
    throw new UsageError(
      `"${instance.taskId}" has no try ${wanted} in this run. ${instance.tryNumber === 0 ? 'It has not been tried yet.' : `Allowed: 1 to ${instance.tryNumber}.`}`,
    )
  }
  const lines = await printLines(pool, instance.id, tryNumber, 0)
  if (lines === 0) process.stderr.write(`${whyNoLog(instance, tryNumber)}\n`)
}

function whyNoLog({ taskId, state, tryNumber: tries }: TaskInstanceRow, tryNumber: number): string {
  if (tries === 0)
    return `"${taskId}" has not been tried in this run, so it has no log; it is ${state}.`
  const sofar = tryNumber === tries && state === 'running' ? ' so far' : ''
  return `Try ${tryNumber} of "${taskId}" wrote no line${sofar}.`
}

/** Follows from one attempt to the next until the task instance has ended. */
export async function followLogs(
  pool: Pool,
  instance: Pick<TaskInstanceRow, 'dagId' | 'runId' | 'taskId' | 'mapIndex'>,
  fromTry?: number,
): Promise<TaskInstanceRow> {
  let tryNumber = fromTry ?? 0
  let afterLine = 0
  for (;;) {
    // Read first, print then: lines that came before the state was read are not missed.
    const current = await readTaskInstance(pool, instance)
    if (!current) throw new UsageError(`"${instance.taskId}" was deleted meanwhile.`)
    if (tryNumber === 0) tryNumber = Math.max(1, current.tryNumber)
    afterLine = await printLines(pool, current.id, tryNumber, afterLine)
    if (current.tryNumber > tryNumber) {
      tryNumber++
      afterLine = 0
      continue
    }
    const ended: readonly string[] = ENDED_STATES
    if (ended.includes(current.state)) return current
    await delay(POLL_MS)
  }
}

async function printLines(pool: Pool, id: string, tryNumber: number, afterLine: number) {
  let last = afterLine
  for (;;) {
    const rows = await readLogs(pool, id, tryNumber, last, PAGE)
    process.stdout.write(rows.map((row) => `${formatLine(row)}\n`).join(''))
    last = rows.at(-1)?.lineNumber ?? last
    if (rows.length < PAGE) return last
  }
}

function formatLine(row: LogRow): string {
  const fields = row.fields ? ` ${JSON.stringify(row.fields)}` : ''
  const text = row.message.split('\n').map(printable).join('\n')
  return `[${row.loggedAt.toISOString()}] ${row.level.toUpperCase().padEnd(7)} ${text}${fields}`
}
