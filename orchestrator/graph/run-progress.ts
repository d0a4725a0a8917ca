// One run of a DAG in memory: which tasks may start as others end. It keeps counts of ended
// upstreams as the database does, and asks the same `decide`. For `dags test` and for the property
// tests; a real run lives in Postgres only.

import type { SerializedDag } from './serialized-dag.ts'
import type { EndedState } from './states.ts'
import { transitiveDownstream } from './topology.ts'
import { decide, type TriggerRule, type UpstreamCounts } from './trigger-rules.ts'

export type ProgressState = 'none' | 'started' | EndedState

interface TaskProgress {
  rule: TriggerRule
  state: ProgressState
  counts: UpstreamCounts
  downstream: string[]
}

const COUNT: Record<EndedState, Exclude<keyof UpstreamCounts, 'total'>> = {
  success: 'success',
  failed: 'failed',
  skipped: 'skipped',
  upstream_failed: 'upstreamFailed',
  removed: 'removed',
}

export class RunProgress {
  readonly #edges: SerializedDag['edges']
  readonly #tasks = new Map<string, TaskProgress>()

  constructor(dag: Pick<SerializedDag, 'tasks' | 'edges'>) {
    this.#edges = dag.edges
    for (const { taskId, triggerRule } of dag.tasks) {
      this.#tasks.set(taskId, {
        rule: triggerRule,
        state: 'none',
        counts: { total: 0, success: 0, failed: 0, skipped: 0, upstreamFailed: 0, removed: 0 },
        downstream: [],
      })
    }
    for (const [up, down] of dag.edges) {
      this.#task(up).downstream.push(down)
      this.#task(down).counts.total++
    }
  }

  /** Starts the tasks that wait for nothing; returns their ids. */
  begin(): string[] {
    return this.#decideFor(this.#tasks.keys())
  }

  /** A started task has ended. Returns the ids of the tasks that start because of it. */
  end(taskId: string, state: EndedState): string[] {
    return this.#decideFor(this.#endStarted(taskId, state))
  }

  /** A gate has ended and is closed: all below that has not started is skipped, whatever its rule. */
  closeGate(taskId: string): string[] {
    const affected = new Set(this.#endStarted(taskId, 'success'))
    for (const id of transitiveDownstream(this.#edges, [taskId])) {
      if (this.#task(id).state !== 'none') continue
      for (const next of this.#enter(id, 'skipped')) affected.add(next)
    }
    return this.#decideFor(affected)
  }

  state(taskId: string): ProgressState {
    return this.#task(taskId).state
  }

  counts(taskId: string): Readonly<UpstreamCounts> {
    return this.#task(taskId).counts
  }

  get isOver(): boolean {
    return [...this.#tasks.values()].every(({ state }) => state !== 'none' && state !== 'started')
  }

  #decideFor(taskIds: Iterable<string>): string[] {
    const started: string[] = []
    const open = [...taskIds]
    for (let id = open.shift(); id !== undefined; id = open.shift()) {
      const task = this.#task(id)
      if (task.state !== 'none') continue
      const decision = decide(task.rule, task.counts)
      if (decision === 'wait') continue
      if (decision === 'run') {
        task.state = 'started'
        started.push(id)
      } else {
        open.push(...this.#enter(id, decision))
      }
    }
    return started
  }

  #endStarted(taskId: string, state: EndedState): readonly string[] {
    const before = this.#task(taskId).state
    if (before === 'started') return this.#enter(taskId, state)
    throw new Error(`Task "${taskId}" is ${before} and cannot end; only a started task can.`)
  }

  /** Ends a task and counts it at its dependents, which it returns. */
  #enter(taskId: string, state: EndedState): readonly string[] {
    const task = this.#task(taskId)
    task.state = state
    for (const down of task.downstream) this.#task(down).counts[COUNT[state]]++
    return task.downstream
  }

  #task(taskId: string): TaskProgress {
    const task = this.#tasks.get(taskId)
    if (!task) throw new Error(`Task "${taskId}" is not in this DAG. Use one of its task ids.`)
    return task
  }
}
