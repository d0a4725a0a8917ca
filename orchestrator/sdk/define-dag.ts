// Turns a DAG file into data: `defineDag` calls the wiring function once, collects its tasks, and
// returns the serialised DAG together with the handlers, which stay behind in the process that
// loaded the file.

import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { SerializedDag } from '../graph/serialized-dag.ts'
import { topologicalOrder } from '../graph/topology.ts'
import type { DagOptions } from './dag-options.ts'
import { DagDefinitionError } from './definition-error.ts'
import { OptionChecks } from './option-checks.ts'
import { serializeSchedule } from './serialize-schedule.ts'
import { DEFAULT_KEYS } from './serialize-task.ts'
import { TaskCollector } from './task-collector.ts'
import type {
  AnyHandler,
  Handler,
  OutputOf,
  TaskOptions,
  TaskReference,
  WiringOf,
} from './wiring-types.ts'

// A symbol of the global registry: a DAG folder may hold its own copy of the SDK.
const DAG = Symbol.for('terrace.dag')

export interface RegisteredHandler {
  handler: AnyHandler
  output?: StandardSchemaV1
}

export interface Dag {
  readonly [DAG]: true
  readonly serialized: SerializedDag
  readonly handlers: ReadonlyMap<string, RegisteredHandler>
}

/** What the wiring function draws with. */
export interface DagBuilder {
  /** Adds a task. A task reference anywhere in `args` is an input and draws its edge. */
  task<H extends AnyHandler>(
    taskId: string,
    handler: H,
    ...wiring: WiringOf<H, TaskOptions<OutputOf<H>>>
  ): TaskReference<OutputOf<H>>

  /** Adds a gate: when its handler returns false, everything below it is skipped. */
  shortCircuit<H extends Handler<never, boolean>>(
    taskId: string,
    handler: H,
    ...wiring: WiringOf<H, TaskOptions<boolean>>
  ): TaskReference<boolean>
}

const DAG_KEYS = [
  'id',
  'description',
  'doc',
  'schedule',
  'catchup',
  'maxActiveRuns',
  'maxActiveTasks',
  'startDate',
  'endDate',
  'runTimeout',
  'params',
  'pausedUponCreation',
  'defaults',
  'tags',
  'owners',
] as const satisfies (keyof DagOptions)[]

const MAX_PARAMS_BYTES = 65_536
const MAX_TASKS = 20_000

export function defineDag(options: DagOptions, wire: (dag: DagBuilder) => void): Dag {
  const dagId = new OptionChecks({ dagId: String(options?.id) }).id(options?.id, 'the DAG id')
  const subject = { dagId }
  const checks = new OptionChecks(subject)
  checks.known('the DAG', options, DAG_KEYS)
  checks.known('defaults', options.defaults ?? {}, DEFAULT_KEYS)

  const collector = new TaskCollector(dagId, options.defaults ?? {})
  const result: unknown = wire(collector.builder)
  collector.seal()
  if (result instanceof Promise) {
    // Nobody will await it, and its failure must not end the process.
    result.catch(() => {})
    throw new DagDefinitionError(
      'bad_handler',
      subject,
      'the wiring function is async',
      'Draw the tasks without await; load data inside a task',
    )
  }

  const { tasks, edges, handlers } = collector
  if (tasks.size > MAX_TASKS) {
    throw new DagDefinitionError(
      'too_large',
      subject,
      `it has ${tasks.size} tasks, more than ${MAX_TASKS}`,
      'Split it into several DAGs',
    )
  }
  const sorted = topologicalOrder([...tasks.keys()], edges)
  if ('cycle' in sorted) {
    throw new DagDefinitionError(
      'cycle',
      { dagId, taskId: sorted.cycle[0]! },
      `the tasks wait for each other in a cycle: ${sorted.cycle.join(' → ')}`,
      'Remove one of these edges (an input, .after() or .before())',
    )
  }
  const position = new Map(sorted.order.map((taskId, index) => [taskId, index]))
  const startDate = checks.date('startDate', options.startDate)
  const endDate = checks.date('endDate', options.endDate)
  if (startDate !== null && endDate !== null && endDate < startDate) {
    throw new DagDefinitionError(
      'bad_date',
      subject,
      `endDate ${endDate} is before startDate ${startDate}`,
      'Set an endDate after the startDate',
    )
  }
  const serialized: SerializedDag = {
    formatVersion: 1,
    dagId,
    description: checks.text('description', options.description),
    doc: checks.text('doc', options.doc),
    tags: checks.texts('tags', options.tags),
    owners: checks.texts('owners', options.owners),
    schedule: serializeSchedule(subject, options.schedule),
    startDate,
    endDate,
    catchup: checks.flag('catchup', options.catchup ?? false),
    maxActiveRuns: checks.integer('maxActiveRuns', options.maxActiveRuns ?? 16, 1),
    maxActiveTasks: checks.integer('maxActiveTasks', options.maxActiveTasks ?? 16, 1),
    runTimeoutMs: checks.limit('runTimeout', options.runTimeout),
    params: checks.record('params', options.params ?? {}, MAX_PARAMS_BYTES),
    pausedUponCreation: checks.flag('pausedUponCreation', options.pausedUponCreation ?? false),
    tasks: sorted.order.map((taskId) => tasks.get(taskId)!),
    edges: edges.toSorted(
      (a, b) =>
        position.get(a[0])! - position.get(b[0])! || position.get(a[1])! - position.get(b[1])!,
    ),
  }
  return { [DAG]: true, serialized, handlers }
}

/** Whether a value that a DAG file exports is a DAG, whichever copy of the SDK made it. */
export function isDag(value: unknown): value is Dag {
  return typeof value === 'object' && value !== null && DAG in value
}
