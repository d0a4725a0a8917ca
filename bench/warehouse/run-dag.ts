// A run of a DAG in this process, so that its memory is measured with it. Tasks that do not wait for
// each other run side by side, as workers would run them.

import { randomUUID } from 'node:crypto'
import { resolveArgs } from '../../orchestrator/graph/arguments.ts'
import type { Json, SerializedTask } from '../../orchestrator/graph/serialized-dag.ts'
import { checkOutput } from '../../orchestrator/sdk/check-output.ts'
import type { Dag } from '../../orchestrator/sdk/define-dag.ts'
import type { TaskContext } from '../../orchestrator/sdk/task-context.ts'
import { classifyThrown } from '../../orchestrator/sdk/task-errors.ts'
import { testContext } from '../../orchestrator/sdk/testing.ts'

export interface RanTask {
  taskId: string
  output: Json
  durationMs: number
  /** By performance.now(). */
  startedAt: number
  endedAt: number
}

/** Those of a run by id; what a gate stopped is missing. */
export type RanTasks = ReadonlyMap<string, RanTask>

export interface RunTime {
  /** End of the interval that it loads; now when left out. */
  logicalDate?: Date
  conf?: { [key: string]: Json }
}

/** @throws when a task fails */
export async function runDag(dag: Dag, { logicalDate, conf }: RunTime = {}): Promise<RanTasks> {
  const { tasks, edges } = dag.serialized
  const ran = new Map<string, RanTask>()
  const outputs = new Map<string, Json>()
  const now = new Date()
  const context = {
    dagId: dag.serialized.dagId,
    conf: { ...dag.serialized.params, ...conf },
    logicalDate: logicalDate ?? null,
    dataIntervalStart: logicalDate ?? null,
    dataIntervalEnd: logicalDate ?? null,
    runAfter: logicalDate ?? now,
  }
  const ends = new Map<string, Promise<boolean>>()
  /** Resolves with whether those below may run. */
  async function runTask(task: SerializedTask): Promise<boolean> {
    const upstream = edges.filter(([, to]) => to === task.taskId).map(([from]) => ends.get(from)!)
    if ((await Promise.all(upstream)).includes(false)) return false
    const startedAt = performance.now()
    const called = await callHandler(dag, task, resolveArgs(task.args, outputs), context)
    const endedAt = performance.now()
    const durationMs = Math.round(endedAt - startedAt)
    if (called === 'skipped') return false
    ran.set(task.taskId, { taskId: task.taskId, ...called, durationMs, startedAt, endedAt })
    outputs.set(task.taskId, called.output)
    return task.kind !== 'short_circuit' || Boolean(called.output)
  }
  // In topological order, so that the ends of all upstreams are known.
  for (const task of tasks) ends.set(task.taskId, runTask(task))
  // What runs beside a task that failed ends first: nothing may go on when this has returned.
  await Promise.allSettled(ends.values())
  await Promise.all(ends.values())
  return ran
}

async function callHandler(
  dag: Dag,
  { taskId }: SerializedTask,
  args: Json,
  context: Partial<TaskContext>,
): Promise<{ output: Json } | 'skipped'> {
  const registered = dag.handlers.get(taskId)!
  const fence = { taskInstanceId: randomUUID(), value: 1 }
  try {
    const output = await registered.handler(
      args as never,
      testContext({ ...context, taskId, fence }),
    )
    return { output: await checkOutput(taskId, registered, output) }
  } catch (error) {
    if (classifyThrown(error).kind === 'skip') return 'skipped'
    throw new Error(`${dag.serialized.dagId}.${taskId} failed`, { cause: error })
  }
}

/** From the first start to the last end of the tasks that `which` takes, in seconds. */
export function secondsOf(ran: RanTasks, which: (taskId: string) => boolean = () => true): number {
  const chosen = [...ran.values()].filter(({ taskId }) => which(taskId))
  const started = Math.min(...chosen.map(({ startedAt }) => startedAt))
  return (Math.max(...chosen.map(({ endedAt }) => endedAt)) - started) / 1_000
}
