// A DAG as plain JSON: what the DAG processor writes and everything else reads. The scheduler, the
// API and the CLI know DAGs only in this form and never load user code.

import type { TriggerRule } from './trigger-rules.ts'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** Marks, inside a task's arguments, the place where an upstream's output is put at run time. */
export interface OutputReference {
  $output: string
}

export type TaskKind = 'task' | 'short_circuit'

export interface SerializedTask {
  taskId: string
  kind: TaskKind
  /** The literal arguments, with `OutputReference` wherever an upstream's output goes. */
  args: Json
  /** Upstream task ids whose outputs `args` refers to; each is an upstream as well. */
  inputs: string[]
  triggerRule: TriggerRule
  /** Attempts after the first one that a failure of the task may cost. */
  retries: number
  retryDelayMs: number
  backoff: 'fixed' | 'exponential'
  maxRetryDelayMs: number
  /** Share of the delay that is random, 0 to 1, so that retries of many tasks spread out. */
  jitter: number
  /** Limit of one attempt; null is none. */
  timeoutMs: number | null
  pool: string
  poolSlots: number
  priorityWeight: number
  queue: string
  isolation: 'thread' | 'process'
  /** Asset names that a success of the task updates. */
  outlets: string[]
  doc: string | null
}

export type AssetExpression =
  | { asset: string }
  | { all: AssetExpression[] }
  | { any: AssetExpression[] }

export interface SerializedSchedule {
  cron: { expression: string; timezone: string } | null
  once: boolean
  /** Runs when the expression is satisfied by events since the last such run. */
  assets: AssetExpression | null
  /** What `dags list` shows: the cron text, `@once`, `Asset`, or both. */
  summary: string
}

export interface SerializedDag {
  formatVersion: 1
  dagId: string
  description: string | null
  doc: string | null
  tags: string[]
  owners: string[]
  schedule: SerializedSchedule
  /** ISO 8601 in UTC, or null. */
  startDate: string | null
  endDate: string | null
  catchup: boolean
  maxActiveRuns: number
  maxActiveTasks: number
  /** Limit of one run; null is none. */
  runTimeoutMs: number | null
  /** Default values of the run's conf. */
  params: { [key: string]: Json }
  pausedUponCreation: boolean
  /** In topological order, ties by the order in the file. */
  tasks: SerializedTask[]
  /** [upstream, downstream], each pair once. */
  edges: [upstream: string, downstream: string][]
}

/** A DAG without what may be large; the database keeps it beside the graph (dag_version.header). */
export type DagHeader = Omit<SerializedDag, 'tasks' | 'edges' | 'doc'>
