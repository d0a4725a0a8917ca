// tasks list, state, states-for-dag-run.

import { type Command, Option } from 'commander'
import { TASK_STATES } from '../graph/states.ts'
import { listTaskInstances, readTaskInstance } from '../store/read/task-instances.ts'
import { examples, integerArgument, outputOption } from './command-options.ts'
import { CommandError } from './errors.ts'
import { drawGraph } from './graph-drawing.ts'
import { requireGraph, requireRun, requireTask } from './lookups.ts'
import { withMetadata } from './metadata.ts'
import { type OutputFormat, printRows } from './output.ts'

export function defineTaskReads(tasks: Command): void {
  defineList(tasks)
  defineState(tasks)
  defineStates(tasks)
}

function defineList(tasks: Command): void {
  const list = tasks
    .command('list')
    .description('list the tasks of a DAG, upstreams first')
    .argument('<dag_id>', 'the DAG')
    .option('-t, --tree', 'draw the graph instead', false)
    .addOption(outputOption())
    .action(async (dagId: string, options: { tree: boolean; output: OutputFormat }) => {
      await withMetadata(async (pool) => {
        const graph = await requireGraph(pool, dagId)
        if (options.tree) {
          process.stdout.write(`${drawGraph(graph)}\n`)
          return
        }
        const rows = graph.tasks.map((task) => ({
          task_id: task.taskId,
          kind: task.kind,
          trigger_rule: task.triggerRule,
          retries: task.retries,
          pool: task.pool,
          queue: task.queue,
          upstream: graph.edges.filter(([, to]) => to === task.taskId).map(([from]) => from),
        }))
        await printRows(rows, options.output)
      })
    })
  examples(list, 'tasks list kafka_to_raw', 'tasks list kafka_to_raw --tree')
}

function defineState(tasks: Command): void {
  const state = tasks
    .command('state')
    .description('print the state of a task in a run')
    .argument('<dag_id>', 'the DAG')
    .argument('<task_id>', 'the task')
    .argument('<run_id>', 'the run')
    .option('--map-index <n>', 'index of a mapped task', integerArgument(-1), -1)
    .action(async (dagId: string, taskId: string, runId: string, options: { mapIndex: number }) => {
      await withMetadata(async (pool) => {
        await requireRun(pool, dagId, runId)
        const key = { dagId, runId, taskId, mapIndex: options.mapIndex }
        const instance = await readTaskInstance(pool, key)
        if (!instance) {
          requireTask(await requireGraph(pool, dagId), taskId)
          throw new CommandError(
            `The run "${runId}" has no instance of "${taskId}" with map index ${options.mapIndex}: the run has not started it, or is of an older version. See: terrace tasks states-for-dag-run ${dagId} ${runId}`,
          )
        }
        process.stdout.write(`${instance.state}\n`)
      })
    })
  examples(state, 'tasks state kafka_to_raw consume_and_save manual__2026-03-01T00:00:00.000Z')
}

function defineStates(tasks: Command): void {
  const states = tasks
    .command('states-for-dag-run')
    .description('list the states of all tasks in a run')
    .argument('<dag_id>', 'the DAG')
    .argument('<run_id>', 'the run')
    .addOption(
      new Option('--state <state...>', 'only instances in these states').choices(TASK_STATES),
    )
    .addOption(outputOption())
    .action(
      async (dagId: string, runId: string, options: { state?: string[]; output: OutputFormat }) => {
        await withMetadata(async (pool) => {
          await requireRun(pool, dagId, runId)
          const { rows } = await listTaskInstances(
            pool,
            { dagId, runId, states: options.state },
            { limit: 100_000, offset: 0, orderBy: ['position'] },
          )
          const records = rows.map((row) => ({
            dag_id: row.dagId,
            run_id: row.runId,
            task_id: row.taskId,
            ...(row.mapIndex >= 0 && { map_index: row.mapIndex }),
            state: row.state,
            try_number: row.tryNumber,
            start_date: row.startedAt,
            end_date: row.endedAt,
          }))
          const mapped = rows.some((row) => row.mapIndex >= 0) ? ['map_index'] : []
          const columns = ['dag_id', 'run_id', 'task_id', ...mapped, 'state', 'try_number']
          await printRows(records, options.output, [...columns, 'start_date', 'end_date'])
        })
      },
    )
  examples(
    states,
    'tasks states-for-dag-run kafka_to_raw R',
    'tasks states-for-dag-run kafka_to_raw R --state failed upstream_failed -o json',
  )
}
