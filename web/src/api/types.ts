// What the server answers under /ui, and the parts of Airflow's shapes under /api/v2 that the page
// reads. Times are ISO 8601 in UTC, durations are seconds.

export type RunState = 'queued' | 'running' | 'success' | 'failed'

export type TaskState =
  | 'scheduled'
  | 'queued'
  | 'running'
  | 'success'
  | 'failed'
  | 'up_for_retry'
  | 'skipped'
  | 'upstream_failed'
  | 'deferred'
  | 'up_for_reschedule'
  | 'restarting'
  | 'removed'

/** A task instance that nothing has happened to has no state in Airflow's shapes. */
export type AnyState = TaskState | 'none'

export type Role = 'admin' | 'viewer'

export interface User {
  name: string
  role: Role
}

export interface Session {
  user: User
  csrf_token: string
  expires_at: string
  version: string
}

export type ChangeTopic = 'runs' | 'dags' | 'import_errors' | 'processes' | 'alerts'

export interface ChangeEvent {
  what: ChangeTopic[]
  dag_ids: string[]
}

export interface RecentRun {
  run_id: string
  state: RunState
  run_type: string
  run_after: string
  start_date: string | null
  end_date: string | null
  duration: number | null
}

export interface DagSummary {
  dag_id: string
  description: string | null
  is_paused: boolean
  is_stale: boolean
  tags: string[]
  owners: string[]
  schedule: string
  next_run_after: string | null
  file_path: string
  has_import_errors: boolean
  run_counts: Record<RunState, number>
  recent_runs: RecentRun[]
}

export interface DagList {
  dags: DagSummary[]
  total_entries: number
  tags: string[]
  import_errors: number
}

/** Of Airflow's DAG shape, what the page reads. */
export interface Dag {
  dag_id: string
  description: string | null
  is_paused: boolean
  is_stale: boolean
  has_import_errors: boolean
  fileloc: string
  owners: string[]
  tags: { name: string }[]
  timetable_summary: string | null
  next_dagrun_run_after: string | null
}

export interface DagDetails extends Dag {
  doc_md: string | null
  timezone: string
  params: Record<string, { value: unknown; description: string | null }>
}

export interface GraphTask {
  task_id: string
  trigger_rule: string
  kind: string
  retries: number
  retry_delay: number
  timeout: number | null
  pool: string
  queue: string
  doc: string | null
}

export interface DagGraph {
  dag_id: string
  version_number: number
  versions: { version_number: number; created_at: string }[]
  file_path: string
  source: string
  tasks: GraphTask[]
  edges: [string, string][]
}

export interface GridRun extends RecentRun {
  logical_date: string | null
  note: string | null
  has_conf: boolean
  version_number: number
}

/** Index into `states`, try number, start and end in milliseconds. */
export type PackedCell = [number, number, number | null, number | null]

export interface GridPage {
  tasks: string[]
  depths: number[]
  states: AnyState[]
  runs: GridRun[]
  cells: (PackedCell | null)[][]
  next_before: string | null
}

export interface DagRun {
  dag_id: string
  dag_run_id: string
  run_type: string
  state: RunState
  triggered_by: string | null
  triggering_user_name: string | null
  logical_date: string | null
  data_interval_start: string | null
  data_interval_end: string | null
  run_after: string
  queued_at: string | null
  start_date: string | null
  end_date: string | null
  duration: number | null
  conf: Record<string, unknown> | null
  note: string | null
  dag_versions: { version_number: number }[]
}

export interface DagRuns {
  dag_runs: DagRun[]
  total_entries: number
}

export interface AssetEvent {
  asset_name: string
  source_dag_id: string | null
  source_run_id: string | null
  source_task_id: string | null
  created_at: string
  extra: unknown
}

export interface RunDetails {
  run: DagRun
  asset_events: AssetEvent[]
  counts: Partial<Record<AnyState, number>>
}

/** One attempt of a task; the tries of a task instance have this shape too. */
export interface TaskInstance {
  dag_id: string
  dag_run_id: string
  task_id: string
  map_index: number
  state: TaskState | null
  try_number: number
  max_tries: number
  queued_when: string | null
  start_date: string | null
  end_date: string | null
  duration: number | null
  hostname: string | null
  pid: number | null
  pool: string
  queue: string
}

export interface TaskInstances {
  task_instances: TaskInstance[]
  total_entries: number
}

/** An attempt of a run that has ended. */
export type RunAttempt = Pick<
  TaskInstance,
  'task_id' | 'map_index' | 'try_number' | 'state' | 'queued_when' | 'start_date' | 'end_date'
>

export interface Blockers {
  dependencies: { name: string; reason: string }[]
}

export interface TaskIo {
  inputs: { name: string; from: string | null; value: unknown }[]
  output: unknown
  outputs_cut: boolean
}

export interface LogLine {
  line_number: number
  logged_at: string
  level: string
  stream: string
  message: string
  fields: Record<string, unknown> | null
}

export interface ImportError {
  import_error_id: number
  timestamp: string
  filename: string
  stack_trace: string
}

export interface ImportErrors {
  import_errors: ImportError[]
  total_entries: number
}

export interface AuditEntry {
  event_log_id: number
  when: string
  event: string
  owner: string | null
  dag_id: string | null
  run_id: string | null
  task_id: string | null
  extra: string | null
}

export interface AuditLog {
  event_logs: AuditEntry[]
  total_entries: number
}
