// Collects what the wiring function draws. A reference passed as an argument is the edge: inside
// the arguments it becomes `{ $output: taskId }`, and data cycles cannot be written at all.

import type { SerializedTask, TaskKind } from '../graph/serialized-dag.ts'
import type { DagBuilder, RegisteredHandler } from './define-dag.ts'
import { DagDefinitionError } from './definition-error.ts'
import { OptionChecks } from './option-checks.ts'
import { serializeTask } from './serialize-task.ts'
import type { AnyHandler, TaskDefaults, TaskOptions, TaskReference } from './wiring-types.ts'

const MAX_ARGS_BYTES = 262_144
// Of the global registry, so that a reference made by another copy of the SDK is known as one.
const COLLECTOR = Symbol.for('terrace.task-collector')

export class TaskCollector {
  readonly tasks = new Map<string, SerializedTask>()
  readonly handlers = new Map<string, RegisteredHandler>()
  readonly edges: [upstream: string, downstream: string][] = []
  readonly builder: DagBuilder
  readonly #edgeKeys = new Set<string>()
  readonly #dagId: string
  readonly #defaults: TaskDefaults
  #sealed = false

  constructor(dagId: string, defaults: TaskDefaults) {
    this.#dagId = dagId
    this.#defaults = defaults
    const add =
      (kind: TaskKind) =>
      (taskId: string, handler: unknown, ...wiring: unknown[]) =>
        this.#add(kind, taskId, handler, wiring[0], (wiring[1] ?? {}) as TaskOptions) as never
    this.builder = { task: add('task'), shortCircuit: add('short_circuit') }
  }

  get dagId(): string {
    return this.#dagId
  }

  /** After this nothing can be drawn: a reference that escaped would change a serialised DAG. */
  seal(): void {
    this.#sealed = true
  }

  #add(
    kind: TaskKind,
    taskId: unknown,
    handler: unknown,
    args: unknown,
    options: TaskOptions,
  ): TaskReference {
    const id = new OptionChecks({ dagId: this.#dagId }).id(taskId, 'the task id')
    const subject = { dagId: this.#dagId, taskId: id }
    this.#refuseWhenSealed(id)
    if (this.tasks.has(id)) {
      throw new DagDefinitionError(
        'duplicate_task',
        subject,
        'two tasks have this id',
        'Give one of them another id',
      )
    }
    if (typeof handler !== 'function') {
      throw new DagDefinitionError(
        'bad_handler',
        subject,
        `the handler is ${handler === null ? 'null' : typeof handler}, not a function`,
        'Pass the function itself, such as dag.task("load", load, { … }), and check its import',
      )
    }
    const inputs = new Set<string>()
    const json = new OptionChecks(subject).json('args', args ?? {}, MAX_ARGS_BYTES, (value) => {
      if (!(COLLECTOR in value)) return undefined
      const upstream = this.#own(value as object as TaskReference, id)
      inputs.add(upstream)
      return { $output: upstream }
    })
    const wiring = { args: json, inputs: [...inputs] }
    this.tasks.set(id, serializeTask(subject, kind, wiring, options, this.#defaults))
    this.handlers.set(id, {
      handler: handler as AnyHandler,
      ...(options.output && { output: options.output }),
    })
    for (const upstream of inputs) this.#connect(upstream, id)
    return this.#reference(id)
  }

  #reference(taskId: string): TaskReference {
    const reference: TaskReference = {
      taskId,
      after: (...upstreams) => {
        for (const upstream of upstreams) this.#connect(this.#own(upstream, taskId), taskId)
        return reference
      },
      before: (...downstreams) => {
        for (const downstream of downstreams) this.#connect(taskId, this.#own(downstream, taskId))
        return reference
      },
    }
    return Object.freeze(Object.defineProperty(reference, COLLECTOR, { value: this }))
  }

  #connect(upstream: string, downstream: string): void {
    this.#refuseWhenSealed(downstream)
    const key = `${upstream} ${downstream}`
    if (this.#edgeKeys.has(key)) return
    this.#edgeKeys.add(key)
    this.edges.push([upstream, downstream])
  }

  /** The id of a reference, if it is one of this DAG. */
  #own(reference: TaskReference, taskId: string): string {
    const subject = { dagId: this.#dagId, taskId }
    const owner: unknown = (reference as { [COLLECTOR]?: unknown } | undefined)?.[COLLECTOR]
    if (owner === undefined) {
      throw new DagDefinitionError(
        'unknown_input',
        subject,
        'it is wired to something that is not a task',
        'Pass what dag.task() or dag.shortCircuit() returned',
      )
    }
    if (owner !== this) {
      const other = (owner as { dagId?: unknown }).dagId
      throw new DagDefinitionError(
        'foreign_task',
        subject,
        `it is wired to the task "${reference.taskId}" of ${
          other === this.#dagId ? 'another definition of this DAG' : `the DAG "${String(other)}"`
        }`,
        'Wire tasks of one DAG only; between DAGs use an asset: outlets on the task, schedule: asset(…) on the other DAG',
      )
    }
    return reference.taskId
  }

  #refuseWhenSealed(taskId: string): void {
    if (!this.#sealed) return
    throw new DagDefinitionError(
      'sealed',
      { dagId: this.#dagId, taskId },
      'it is drawn after the wiring function has returned',
      'Draw all tasks and edges inside the function that is passed to defineDag, without await',
    )
  }
}
