import type { SerializedTask, TaskKind } from '../graph/serialized-dag.ts'
import { TRIGGER_RULES } from '../graph/trigger-rules.ts'
import { DagDefinitionError, type DefinitionSubject } from './definition-error.ts'
import { OptionChecks } from './option-checks.ts'
import { assetNameProblem } from './serialize-schedule.ts'
import type { TaskDefaults, TaskOptions } from './wiring-types.ts'

export const DEFAULT_KEYS = [
  'retries',
  'retryDelay',
  'backoff',
  'maxRetryDelay',
  'jitter',
  'timeout',
  'pool',
  'poolSlots',
  'priorityWeight',
  'queue',
  'triggerRule',
  'isolation',
] as const satisfies (keyof TaskDefaults)[]

const TASK_KEYS = [...DEFAULT_KEYS, 'outlets', 'doc', 'output'] as const

export function serializeTask(
  subject: DefinitionSubject & { taskId: string },
  kind: TaskKind,
  wiring: Pick<SerializedTask, 'args' | 'inputs'>,
  own: TaskOptions,
  defaults: TaskDefaults,
): SerializedTask {
  const checks = new OptionChecks(subject)
  checks.known('the task', own, TASK_KEYS)
  const options = { ...withoutUndefined(defaults), ...withoutUndefined(own) } as TaskOptions
  return {
    taskId: subject.taskId,
    kind,
    args: wiring.args,
    inputs: wiring.inputs,
    triggerRule: checks.oneOf('triggerRule', options.triggerRule ?? 'all_success', TRIGGER_RULES),
    retries: checks.integer('retries', options.retries ?? 0, 0),
    retryDelayMs: checks.duration('retryDelay', options.retryDelay ?? '5m'),
    backoff: checks.oneOf('backoff', options.backoff ?? 'fixed', ['fixed', 'exponential']),
    maxRetryDelayMs: checks.duration('maxRetryDelay', options.maxRetryDelay ?? '1d'),
    jitter: checks.share('jitter', options.jitter ?? 0.1),
    timeoutMs: checks.limit('timeout', options.timeout),
    pool: checks.id(options.pool ?? 'default_pool', 'the pool'),
    poolSlots: checks.integer('poolSlots', options.poolSlots ?? 1, 1),
    priorityWeight: checks.integer('priorityWeight', options.priorityWeight ?? 1, 0),
    queue: checks.id(options.queue ?? 'default', 'the queue'),
    isolation: checks.oneOf('isolation', options.isolation ?? 'thread', ['thread', 'process']),
    outlets: outletNames(subject, options.outlets ?? []),
    doc: checks.text('doc', options.doc),
  }
}

function outletNames(subject: DefinitionSubject, outlets: unknown): string[] {
  const list = Array.isArray(outlets) ? outlets : [outlets]
  const names = list.map((outlet: unknown) => (outlet as { asset?: unknown } | null)?.asset)
  for (const name of names) {
    const problem = assetNameProblem(name)
    if (problem) {
      throw new DagDefinitionError(
        'bad_asset',
        subject,
        `outlets: ${problem}`,
        'Use a list such as [asset("raw:events")]',
      )
    }
  }
  return [...new Set(names as string[])]
}

function withoutUndefined(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
