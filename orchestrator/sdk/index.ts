// All that DAG and task files may import.

export type { Json } from '../graph/serialized-dag.ts'
export type { TriggerRule } from '../graph/trigger-rules.ts'
export type { DagOptions } from './dag-options.ts'
export { type Dag, type DagBuilder, defineDag } from './define-dag.ts'
export { DagDefinitionError } from './definition-error.ts'
export type { Duration } from './duration.ts'
export {
  type Asset,
  allOf,
  anyOf,
  asset,
  type CronSchedule,
  cron,
  once,
  presets,
  type Schedule,
} from './schedule.ts'
export type { EngineAddresses, TaskContext, TaskLog, TriggeringAssetEvent } from './task-context.ts'
export { DataCheckFailed, FailTask, RetryLater, SkipTask } from './task-errors.ts'
export type { Handler, TaskDefaults, TaskOptions, TaskReference } from './wiring-types.ts'
