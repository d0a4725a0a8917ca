// A run of a DAG from its file, in this process: what `dags test` does, but tasks that do not wait
// for each other run side by side, as workers would run them.

import { runTaskInProcess, type TestedTask } from '../../orchestrator/cli/run-in-process.ts'
import { resolveArgs } from '../../orchestrator/graph/arguments.ts'
import type { Json, SerializedTask } from '../../orchestrator/graph/serialized-dag.ts'
import type { Dag } from '../../orchestrator/sdk/define-dag.ts'

export interface RanTask extends TestedTask {
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
  const run = {
    conf: conf ?? {},
    logicalDate: logicalDate ?? null,
    now: new Date(),
    signal: new AbortController().signal,
    log: () => {},
  }
  const ends = new Map<string, Promise<boolean>>()
  /** Resolves with whether those below may run. */
  async function runTask(task: SerializedTask): Promise<boolean> {
    const upstream = edges.filter(([, to]) => to === task.taskId).map(([from]) => ends.get(from)!)
    if ((await Promise.all(upstream)).includes(false)) return false
    const startedAt = performance.now()
    const tested = await runTaskInProcess(dag, task, resolveArgs(task.args, outputs), run)
    ran.set(task.taskId, { ...tested, startedAt, endedAt: performance.now() })
    if (tested.state === 'failed')
      throw new Error(`${dag.serialized.dagId}.${task.taskId} failed: ${tested.error}`)
    outputs.set(task.taskId, tested.output)
    return tested.state === 'success' && tested.output !== false
  }
  // In topological order, so that the ends of all upstreams are known.
  for (const task of tasks) ends.set(task.taskId, runTask(task))
  // What runs beside a task that failed ends first: nothing may go on when this has returned.
  await Promise.allSettled(ends.values())
  await Promise.all(ends.values())
  return ran
}

/** From the first start to the last end of the tasks that `which` takes, in seconds. */
export function secondsOf(ran: RanTasks, which: (taskId: string) => boolean = () => true): number {
  const chosen = [...ran.values()].filter(({ taskId }) => which(taskId))
  const started = Math.min(...chosen.map(({ startedAt }) => startedAt))
  return (Math.max(...chosen.map(({ endedAt }) => endedAt)) - started) / 1_000
}
