import type { Json } from '../graph/serialized-dag.ts'
import type { Duration } from './duration.ts'
import type { Schedule } from './schedule.ts'
import type { TaskDefaults } from './wiring-types.ts'

export interface DagOptions {
  /** Letters, digits, `_`, `.`, `-`. By convention the name of the file. */
  id: string
  description?: string
  /** Markdown for the DAG's page. */
  doc?: string
  /** A cron, a preset, `once`, assets, or a cron and assets. Default none: manual runs only. */
  schedule?: Schedule
  /** Whether intervals that passed while nobody scheduled them are run. Default false. */
  catchup?: boolean
  /** Default 16. */
  maxActiveRuns?: number
  /** Tasks of one run that may be queued or running together. Default 16. */
  maxActiveTasks?: number
  /** The first interval starts here at the earliest. ISO 8601, UTC unless it has an offset. */
  startDate?: string | Date
  /** No interval starts after this. */
  endDate?: string | Date
  /** Limit of one run. Default none. */
  runTimeout?: Duration | null
  /** Default values of the run's conf, which handlers find in `context.conf`. */
  params?: { readonly [key: string]: Json }
  /** Default false. */
  pausedUponCreation?: boolean
  /** Options of every task that does not set its own. */
  defaults?: TaskDefaults
  tags?: readonly string[]
  owners?: readonly string[]
}
