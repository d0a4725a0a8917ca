// A run that is stored nowhere, for `dags test` and `tasks test`. Each task goes through the code that
// a worker uses: a runner thread (or process), `Attempt` with its time limit, and `endOfAttempt`. What
// follows for the other tasks is decided by `RunProgress`, as everywhere. The tasks run one after the
// other, and a failure is not retried: whoever tests wants to see the first one.

import { randomUUID } from 'node:crypto'
import { RunProgress } from '../graph/run-progress.ts'
import type { Json, SerializedDag, SerializedTask } from '../graph/serialized-dag.ts'
import { type EndedState, runStateFromLeaves } from '../graph/states.ts'
import { leaves } from '../graph/topology.ts'
import type { ClaimedAttempt } from '../store/attempts.ts'
import { intervalOfManualRun } from '../timetable/intervals.ts'
import { runIdFor } from '../timetable/run-ids.ts'
import { Attempt } from '../worker/attempt.ts'
import type { AttemptEnd } from '../worker/attempt-end.ts'
import type { PinnedDag } from '../worker/dag-versions.ts'
import type { RunnerPool } from '../worker/runner-pool.ts'
import type { RunnerLine } from '../worker/runner-protocol.ts'
import { errorText, type SecretMask } from '../worker/secrets.ts'
import type { LocalDag } from './local-dag.ts'

/** A task that says nothing for this long is reported as one that still runs. */
const SILENCE_MS = 10_000
const ABORT_GRACE_MS = 5_000

export type PrintLine = (taskId: string, line: Omit<RunnerLine, 'loggedAt'>) => void

export interface LocalRunOptions {
  conf: { [key: string]: Json }
  logicalDate: Date | null
  now: Date
  dagsFolder: string
  runners: RunnerPool
  mask: SecretMask
  print: PrintLine
}

export interface TestedTask {
  taskId: string
  state: EndedState
  durationMs: number
  output: Json
  error: string | null
}

export class LocalRun {
  readonly #dag: SerializedDag
  readonly #filePath: string
  readonly #pinned: PinnedDag
  readonly #options: LocalRunOptions
  #running: Attempt | undefined
  #isOverdue = false

  constructor({ serialized, filePath }: LocalDag, options: LocalRunOptions) {
    this.#dag = serialized
    this.#filePath = filePath
    this.#pinned = {
      dag: serialized,
      tasks: new Map(serialized.tasks.map((task) => [task.taskId, task])),
    }
    this.#options = options
  }

  async run(): Promise<{ state: 'success' | 'failed'; tasks: TestedTask[] }> {
    const { tasks, edges, runTimeoutMs } = this.#dag
    const progress = new RunProgress(this.#dag)
    const ended = new Map<string, TestedTask>()
    const overdue = runTimeoutMs === null ? undefined : this.#endAfter(runTimeoutMs)
    try {
      const ready = progress.begin()
      for (let taskId = ready.shift(); taskId !== undefined; taskId = ready.shift()) {
        if (this.#isOverdue) break
        const { tested, closesGate } = await this.#runTask(taskId, ended)
        ended.set(taskId, tested)
        ready.push(
          ...(closesGate ? progress.closeGate(taskId) : progress.end(taskId, tested.state)),
        )
      }
    } finally {
      clearTimeout(overdue)
    }
    const all = tasks.map(({ taskId }) => ended.get(taskId) ?? this.#notRun(taskId, progress))
    const ids = tasks.map((task) => task.taskId)
    const states = new Map(all.map(({ taskId, state }) => [taskId, state]))
    const ofLeaves = runStateFromLeaves(leaves(ids, edges).map((id) => states.get(id)!))
    return { state: this.#isOverdue ? 'failed' : ofLeaves, tasks: all }
  }

  /** One task, with these outputs of its upstreams. */
  async runTask(taskId: string, inputs: { [taskId: string]: Json }): Promise<TestedTask> {
    const outputs = Object.entries(inputs).map(([id, output]) => [id, { output }] as const)
    return (await this.#runTask(taskId, new Map(outputs))).tested
  }

  async #runTask(
    taskId: string,
    upstreams: ReadonlyMap<string, { output: Json }>,
  ): Promise<{ tested: TestedTask; closesGate: boolean }> {
    const { runners, dagsFolder, print, mask } = this.#options
    const task = this.#pinned.tasks.get(taskId)!
    const startedAt = performance.now()
    let spokeAt = startedAt
    const add = async (lines: readonly Omit<RunnerLine, 'loggedAt'>[]) => {
      spokeAt = performance.now()
      for (const line of lines) print(taskId, line)
    }
    const say = (level: RunnerLine['level'], text: string) =>
      void add([{ level, stream: 'system', message: errorText(text, mask), fields: null }])
    // Runners do not keep a process alive: this timer does, however long a task takes.
    const stillRuns = setInterval(() => {
      if (performance.now() - spokeAt >= SILENCE_MS) say('info', runsSince(startedAt, task))
    }, SILENCE_MS)
    const attempt = new Attempt(
      { claimed: this.#claim(task, upstreams), processId: randomUUID() },
      { add, say },
      {
        runners,
        versions: { get: async () => this.#pinned },
        dagsFolder,
        abortGraceMs: ABORT_GRACE_MS,
        random: Math.random,
      },
    )
    this.#running = attempt
    // Null is said of an attempt that another worker took, and there is none.
    const end = (await attempt.run().finally(() => clearInterval(stillRuns)))!
    this.#running = undefined
    const tested: TestedTask = {
      taskId,
      state: stateAfter(end),
      durationMs: Math.round(performance.now() - startedAt),
      output: end.output === null ? null : JSON.parse(end.output),
      error: end.error === null ? null : errorText(end.error, mask),
    }
    const why = tested.state === 'skipped' && tested.error ? `: ${tested.error}` : ''
    say(tested.state === 'failed' ? 'error' : 'info', `${tested.state}${why}${retryOf(end)}`)
    return { tested, closesGate: end.skipTaskIds.length > 0 }
  }

  #claim(task: SerializedTask, upstreams: ReadonlyMap<string, { output: Json }>): ClaimedAttempt {
    const { conf, logicalDate, now } = this.#options
    // As `triggerRun` makes a manual run.
    const interval = intervalOfManualRun(this.#dag.schedule, logicalDate ?? now)
    return {
      // Of no task instance there is: a store sees a new one, and refuses no other attempt because of it.
      taskInstanceId: randomUUID(),
      dagRunId: randomUUID(),
      dagVersionId: randomUUID(),
      dagId: this.#dag.dagId,
      runId: runIdFor('manual', now),
      taskId: task.taskId,
      mapIndex: -1,
      tryNumber: 1,
      maxTries: task.retries,
      nFailures: 0,
      nLosses: 0,
      fence: 1,
      queue: task.queue,
      filePath: this.#filePath,
      codeHash: '',
      runType: 'manual',
      logicalDate: logicalDate?.toISOString() ?? null,
      dataIntervalStart: interval.start.toISOString(),
      dataIntervalEnd: interval.end.toISOString(),
      runAfter: now.toISOString(),
      conf,
      inputs: Object.fromEntries(
        task.inputs.flatMap((id) => {
          const output = upstreams.get(id)?.output ?? null
          return output === null ? [] : [[id, output]]
        }),
      ),
      triggeringAssetEvents: [],
    }
  }

  #endAfter(runTimeoutMs: number): NodeJS.Timeout {
    return setTimeout(
      () => {
        this.#isOverdue = true
        this.#running?.abort(
          'cancelled',
          `The run took longer than its limit of ${runTimeoutMs / 1_000} s`,
        )
      },
      // Longer than setTimeout can wait is no limit at all.
      Math.min(runTimeoutMs, 2 ** 31 - 1),
    )
  }

  /** A task that was decided about without running, or that the run's time limit came before. */
  #notRun(taskId: string, progress: RunProgress): TestedTask {
    const reached = progress.state(taskId)
    const state = reached === 'none' || reached === 'started' ? 'skipped' : reached
    this.#options.print(taskId, { level: 'info', stream: 'system', message: state, fields: null })
    return { taskId, state, durationMs: 0, output: null, error: null }
  }
}

function stateAfter({ outcome }: AttemptEnd): EndedState {
  return outcome === 'success' || outcome === 'skipped' ? outcome : 'failed'
}

function retryOf({ outcome, delayMs }: AttemptEnd): string {
  if (outcome !== 'up_for_retry') return ''
  return `. A real run would try again in ${Math.ceil((delayMs ?? 0) / 1_000)} s; a test does not`
}

function runsSince(startedAt: number, { timeoutMs }: SerializedTask): string {
  const seconds = Math.round((performance.now() - startedAt) / 1_000)
  const limit =
    timeoutMs === null ? 'it has no time limit' : `its time limit is ${timeoutMs / 1_000} s`
  return `It has run for ${seconds} s and said nothing of late (${limit}). Ctrl-C ends the test.`
}
