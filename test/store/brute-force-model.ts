// The control plane once more, as slowly and plainly as possible: every count is worked out from
// scratch at every step. The property tests hold the SQL functions against it.
//
// `ready` stands for scheduled and queued: which of the ready ones is queued depends on limits and
// priorities, which the tests check as invariants.

import { decide, type TriggerRule } from '../../orchestrator/graph/trigger-rules.ts'

export type ModelState =
  | 'none'
  | 'ready'
  | 'running'
  | 'restarting'
  | 'up_for_retry'
  | 'success'
  | 'failed'
  | 'skipped'
  | 'upstream_failed'

export interface ModelTask {
  taskId: string
  upstreams: string[]
  rule: TriggerRule
}

const ENDED: ReadonlySet<ModelState> = new Set(['success', 'failed', 'skipped', 'upstream_failed'])

export class ModelRun {
  readonly tasks: ModelTask[]
  readonly states = new Map<string, ModelState>()
  state: 'queued' | 'running' | 'success' | 'failed' = 'queued'
  /** What a running task, or the run, becomes when its code has stopped. */
  readonly stops = new Map<string, 'success' | 'failed' | 'skipped'>()
  stop: 'success' | 'failed' | null = null

  constructor(tasks: ModelTask[]) {
    this.tasks = tasks
    for (const task of tasks) this.states.set(task.taskId, 'none')
  }

  start(): void {
    this.state = 'running'
    this.#settle()
  }

  end(taskId: string, state: 'success' | 'failed' | 'skipped', skip: string[] = []): void {
    const counts = this.#take(taskId, state) === 'success'
    for (const other of counts ? skip : []) {
      const before = this.states.get(other)
      if (before === 'none' || (before === 'ready' && this.isScheduledOnly(other)))
        this.states.set(other, 'skipped')
    }
    this.#settle()
  }

  /** Ends of one statement: whatever follows from them follows from all of them at once. */
  endTogether(ends: readonly { taskId: string; state: ModelState }[]): void {
    for (const { taskId, state } of ends) this.#take(taskId, state)
    this.#settle()
  }

  /** The attempt is over: what somebody decided counts, else how it ended. */
  #take(taskId: string, end: ModelState): ModelState {
    const state =
      this.states.get(taskId) === 'restarting' ? 'none' : (this.stops.get(taskId) ?? end)
    this.stops.delete(taskId)
    this.states.set(taskId, state)
    return state
  }

  #isRunning(taskId: string): boolean {
    return ['running', 'restarting'].includes(this.states.get(taskId)!)
  }

  #decide(taskIds: readonly string[], state: 'success' | 'failed' | 'skipped'): void {
    for (const taskId of taskIds) {
      if (this.#isRunning(taskId)) {
        this.states.set(taskId, 'running')
        this.stops.set(taskId, state)
      } else this.states.set(taskId, state)
    }
  }

  /** A person gives tasks a state; what had failed below them is decided anew. */
  mark(taskIds: string[], state: 'success' | 'failed' | 'skipped'): void {
    this.#decide(taskIds, state)
    const below = new Set(taskIds)
    for (let size = -1; size !== below.size; ) {
      size = below.size
      for (const task of this.tasks)
        if (task.upstreams.some((upstream) => below.has(upstream))) below.add(task.taskId)
    }
    const failed = [...below].filter(
      (taskId) =>
        !taskIds.includes(taskId) &&
        ['failed', 'upstream_failed'].includes(this.states.get(taskId)!),
    )
    for (const taskId of failed) this.states.set(taskId, 'none')
    if (this.state === 'running') this.#settle()
    else if (this.state !== 'queued') {
      if (failed.length > 0) this.state = 'queued'
      else if (taskIds.some((taskId) => this.#isLeaf(taskId))) this.state = this.#outcome()
    }
  }

  markRun(state: 'success' | 'failed'): void {
    const all = this.tasks.map(({ taskId }) => taskId)
    const isOver = all.every((taskId) => ENDED.has(this.states.get(taskId)!))
    if (this.state === state && isOver) return
    if (state === 'success') this.#decide(all, 'success')
    else {
      const running = all.filter((taskId) => this.#isRunning(taskId))
      this.#decide(running, 'failed')
      this.#decide(
        all.filter((taskId) => !running.includes(taskId) && !ENDED.has(this.states.get(taskId)!)),
        'skipped',
      )
    }
    this.state = 'running'
    this.stop = state
    this.#settle()
  }

  /** A short circuit skips what waits, not what is on the queue; the driver tells which that is. */
  isScheduledOnly: (taskId: string) => boolean = () => true

  move(taskId: string, state: ModelState): void {
    this.states.set(taskId, state)
  }

  clear(taskIds: string[]): void {
    this.stop = null
    for (const taskId of taskIds) {
      this.stops.delete(taskId)
      this.states.set(taskId, this.#isRunning(taskId) ? 'restarting' : 'none')
    }
    if (this.state === 'success' || this.state === 'failed') this.state = 'queued'
    if (this.state === 'running') this.#settle()
  }

  /**
   * Decides for every `none` task, all from the same states, until nothing changes: what ends in one
   * wave is seen by the next. Then closes the run if all have ended.
   */
  #settle(): void {
    while (this.state === 'running') {
      const wave = this.tasks
        .filter(({ taskId }) => this.states.get(taskId) === 'none')
        .map((task) => ({ task, decision: decide(task.rule, this.#counts(task)) }))
        .filter(({ decision }) => decision !== 'wait')
      if (wave.length === 0) break
      for (const { task, decision } of wave)
        this.states.set(
          task.taskId,
          decision === 'skipped' || decision === 'upstream_failed' ? decision : 'ready',
        )
    }
    if (this.state !== 'running' || ![...this.states.values()].every((s) => ENDED.has(s))) return
    this.state = this.stop ?? this.#outcome()
    this.stop = null
  }

  #isLeaf(taskId: string): boolean {
    return !this.tasks.some((task) => task.upstreams.includes(taskId))
  }

  #outcome(): 'success' | 'failed' {
    const leafFailed = this.tasks.some(
      ({ taskId }) =>
        this.#isLeaf(taskId) &&
        ['failed', 'upstream_failed'].includes(this.states.get(taskId) ?? ''),
    )
    return leafFailed ? 'failed' : 'success'
  }

  #counts(task: ModelTask) {
    const of = (state: ModelState) =>
      task.upstreams.filter((upstream) => this.states.get(upstream) === state).length
    return {
      total: task.upstreams.length,
      success: of('success'),
      failed: of('failed'),
      skipped: of('skipped'),
      upstreamFailed: of('upstream_failed'),
      removed: 0,
    }
  }
}
