// Runs the tasks of a DAG in this process, one after the other, with the same decisions as the
// scheduler: `decide` for trigger rules, the same rules for gates and thrown errors. No retries:
// whoever tests wants to see the first failure.

import { randomUUID } from 'node:crypto'
import { resolveArgs } from '../graph/arguments.ts'
import type { Json, SerializedTask } from '../graph/serialized-dag.ts'
import { type EndedState, runStateFromLeaves } from '../graph/states.ts'
import { leaves, transitiveDownstream } from '../graph/topology.ts'
import { decide, type UpstreamCounts } from '../graph/trigger-rules.ts'
import { checkOutput } from '../sdk/check-output.ts'
import type { Dag } from '../sdk/define-dag.ts'
import type { TaskContext, TaskLog } from '../sdk/task-context.ts'
import { classifyThrown } from '../sdk/task-errors.ts'

export interface TestRun {
  conf: { [key: string]: Json }
  logicalDate: Date | null
  now: Date
  signal: AbortSignal
  log: (taskId: string, level: keyof TaskLog, message: string, fields?: object) => void
}

export interface TestedTask {
  taskId: string
  state: EndedState
  durationMs: number
  output: Json
  error: string | null
}

export async function runDagInProcess(
  dag: Dag,
  run: TestRun,
): Promise<{ state: 'success' | 'failed'; tasks: TestedTask[] }> {
  const { tasks, edges } = dag.serialized
  const ended = new Map<string, TestedTask>()
  const outputs = new Map<string, Json>()
  const skipped = new Set<string>()
  // Topological order: when a task's turn comes, all its upstreams have ended.
  for (const task of tasks) {
    const upstream = edges.filter(([, to]) => to === task.taskId).map(([from]) => from)
    const counts = countEnds(upstream.map((id) => ended.get(id)!.state))
    const decision = skipped.has(task.taskId) ? 'skipped' : decide(task.triggerRule, counts)
    if (decision !== 'run') {
      const state = decision === 'skipped' ? 'skipped' : 'upstream_failed'
      run.log(task.taskId, 'info', state)
      ended.set(task.taskId, {
        taskId: task.taskId,
        state,
        durationMs: 0,
        output: null,
        error: null,
      })
      continue
    }
    const result = await runTaskInProcess(dag, task, resolveArgs(task.args, outputs), run)
    ended.set(task.taskId, result)
    if (result.state === 'success') outputs.set(task.taskId, result.output)
    const gateClosed =
      task.kind === 'short_circuit' && result.state === 'success' && result.output === false
    if (gateClosed) for (const id of transitiveDownstream(edges, [task.taskId])) skipped.add(id)
  }
  const ids = tasks.map((task) => task.taskId)
  const state = runStateFromLeaves(leaves(ids, edges).map((id) => ended.get(id)!.state))
  return { state, tasks: [...ended.values()] }
}

export async function runTaskInProcess(
  dag: Dag,
  task: SerializedTask,
  args: Json,
  run: TestRun,
): Promise<TestedTask> {
  const { taskId } = task
  const registered = dag.handlers.get(taskId)!
  const startedAt = performance.now()
  const end = (state: EndedState, output: Json, error: string | null): TestedTask => {
    const durationMs = Math.round(performance.now() - startedAt)
    run.log(taskId, state === 'failed' ? 'error' : 'info', error ? `${state}: ${error}` : state)
    return { taskId, state, durationMs, output, error }
  }
  const signals = [run.signal]
  if (task.timeoutMs !== null) signals.push(AbortSignal.timeout(task.timeoutMs))
  const signal = AbortSignal.any(signals)
  try {
    signal.throwIfAborted()
    // The arguments were checked by the compiler when the DAG was wired, or are JSON from -a.
    const handler = registered.handler as (args: Json, context: TaskContext) => unknown
    const output = await orAborted(
      Promise.resolve(handler(args, contextOf(dag, task, run, signal))),
      signal,
    )
    return end('success', await checkOutput(taskId, registered, output), null)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (classifyThrown(error).kind === 'skip') return end('skipped', null, message)
    const stack = error instanceof Error && error.stack ? error.stack : message
    return end('failed', null, stack)
  }
}

function contextOf(dag: Dag, task: SerializedTask, run: TestRun, signal: AbortSignal): TaskContext {
  const write = (level: keyof TaskLog) => (message: string, fields?: object) =>
    run.log(task.taskId, level, message, fields)
  return {
    dagId: dag.serialized.dagId,
    runId: `test__${run.now.toISOString()}`,
    taskId: task.taskId,
    mapIndex: -1,
    tryNumber: 1,
    maxTries: 1,
    runType: 'manual',
    logicalDate: run.logicalDate,
    dataIntervalStart: run.logicalDate,
    dataIntervalEnd: run.logicalDate,
    runAfter: run.logicalDate ?? run.now,
    conf: { ...dag.serialized.params, ...run.conf },
    triggeringAssetEvents: [],
    // Not of any task instance: sinks see a new one, and no other attempt is refused because of it.
    fence: { taskInstanceId: randomUUID(), value: 1 },
    signal,
    log: {
      debug: write('debug'),
      info: write('info'),
      warning: write('warning'),
      error: write('error'),
    },
  }
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

function countEnds(states: readonly EndedState[]): UpstreamCounts {
  const n = (state: EndedState) => states.filter((one) => one === state).length
  return {
    total: states.length,
    success: n('success'),
    failed: n('failed'),
    skipped: n('skipped'),
    upstreamFailed: n('upstream_failed'),
    removed: n('removed'),
  }
}
