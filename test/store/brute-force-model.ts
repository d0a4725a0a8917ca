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

  constructor(tasks: ModelTask[]) {
    this.tasks = tasks
    for (const task of tasks) this.states.set(task.taskId, 'none')
  }

  start(): void {
    this.state = 'running'
    this.#settle()
  }

  end(taskId: string, state: 'success' | 'failed' | 'skipped', skip: string[] = []): void {
    this.states.set(taskId, state)
    for (const other of skip) {
      const before = this.states.get(other)
      if (before === 'none' || (before === 'ready' && this.isScheduledOnly(other)))
        this.states.set(other, 'skipped')
    }
    this.#settle()
  }

  /** Ends of one statement: whatever follows from them follows from all of them at once. */
  endTogether(ends: readonly { taskId: string; state: 'success' | 'failed' | 'skipped' }[]): void {
    for (const { taskId, state } of ends) this.states.set(taskId, state)
    this.#settle()
  }

  /** A short circuit skips what waits, not what is on the queue; the driver tells which that is. */
  isScheduledOnly: (taskId: string) => boolean = () => true

  move(taskId: string, state: ModelState): void {
    this.states.set(taskId, state)
  }

  clear(taskIds: string[]): void {
    for (const taskId of taskIds) this.states.set(taskId, 'none')
    if (this.state === 'success' || this.state === 'failed') this.state = 'queued'
    if (this.state === 'running') this.#settle()
  }

  /**
   * Decides for every `none` task, all from the same states, until nothing changes: what ends in one
   * wave is seen by the next. Then closes the run if all have ended.
   */
  #settle(): void {
    for (;;) {
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
    const upstreams = new Set(this.tasks.flatMap((task) => task.upstreams))
    const leafFailed = this.tasks.some(
      ({ taskId }) =>
        !upstreams.has(taskId) &&
        ['failed', 'upstream_failed'].includes(this.states.get(taskId) ?? ''),
    )
    this.state = leafFailed ? 'failed' : 'success'
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
