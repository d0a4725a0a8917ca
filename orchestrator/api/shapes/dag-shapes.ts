// DAGs, versions and tasks as Airflow's clients expect them. Fields that Terrace does not have are
// sent as null, or with the value that says so, because a client may require them.

import type { SerializedDag, SerializedTask } from '../../graph/serialized-dag.ts'
import type { DagRow, VersionRow } from '../../store/read/dags.ts'

export function versionShape(version: VersionRow) {
  return {
    id: version.id,
    version_number: version.versionNumber,
    dag_id: version.dagId,
    dag_display_name: version.dagId,
    bundle_name: null,
    bundle_version: null,
    bundle_url: null,
    created_at: version.createdAt,
  }
}

export function dagShape(dag: DagRow) {
  return {
    dag_id: dag.dagId,
    dag_display_name: dag.dagId,
    description: dag.description,
    is_paused: dag.isPaused,
    is_stale: dag.isStale,
    fileloc: dag.filePath,
    relative_fileloc: dag.filePath,
    file_token: '',
    bundle_name: null,
    bundle_version: null,
    owners: dag.owners,
    tags: dag.tags.map((name) => ({ name, dag_id: dag.dagId, dag_display_name: dag.dagId })),
    timetable_summary: dag.scheduleSummary || null,
    timetable_description: dag.scheduleSummary || 'Never, external triggers only',
    timetable_partitioned: false,
    // Required by clients from 3.3 on.
    timetable_periodic: hasCron(dag),
    is_backfillable: hasCron(dag),
    allowed_run_types: null,
    has_import_errors: dag.hasImportErrors,
    has_task_concurrency_limits: false,
    max_active_runs: dag.maxActiveRuns,
    max_active_tasks: dag.maxActiveTasks,
    max_consecutive_failed_dag_runs: 0,
    last_parsed_time: dag.parsedAt,
    last_parse_duration: null,
    last_expired: null,
    next_dagrun_logical_date: dag.nextIntervalStart,
    next_dagrun_data_interval_start: dag.nextIntervalStart,
    next_dagrun_data_interval_end: dag.nextIntervalEnd,
    next_dagrun_run_after: dag.nextRunAfter,
  }
}

function hasCron(dag: DagRow): boolean {
  return !['', '@once', 'Asset'].includes(dag.scheduleSummary)
}

export function dagDetailsShape(
  dag: DagRow,
  version: (VersionRow & { graph: SerializedDag }) | null,
) {
  const graph = version?.graph
  const params = Object.entries(graph?.params ?? {}).map(([name, value]) => [
    name,
    { value, description: null, schema: {} },
  ])
  return {
    ...dagShape(dag),
    active_runs_count: dag.activeRuns,
    asset_expression: graph?.schedule.assets ?? null,
    catchup: dag.catchup,
    concurrency: dag.maxActiveTasks,
    dag_run_timeout: graph?.runTimeoutMs == null ? null : `PT${graph.runTimeoutMs / 1000}S`,
    default_args: null,
    doc_md: graph?.doc ?? null,
    start_date: graph?.startDate ?? null,
    end_date: graph?.endDate ?? null,
    is_favorite: false,
    is_paused_upon_creation: graph?.pausedUponCreation ?? null,
    last_parsed: dag.parsedAt,
    latest_dag_version: version ? versionShape(version) : null,
    owner_links: {},
    params: Object.fromEntries(params),
    render_template_as_native_obj: false,
    template_search_path: null,
    timezone: graph?.schedule.cron?.timezone ?? 'UTC',
  }
}

export function taskShape(dag: SerializedDag, task: SerializedTask) {
  return {
    task_id: task.taskId,
    task_display_name: task.taskId,
    class_ref: null,
    depends_on_past: false,
    wait_for_downstream: false,
    doc_md: task.doc,
    downstream_task_ids: dag.edges.filter(([from]) => from === task.taskId).map(([, to]) => to),
    start_date: dag.startDate,
    end_date: dag.endDate,
    execution_timeout: task.timeoutMs === null ? null : timeDelta(task.timeoutMs),
    extra_links: [],
    is_mapped: false,
    operator_name: task.kind,
    owner: dag.owners.join(', ') || null,
    params: {},
    pool: task.pool,
    pool_slots: task.poolSlots,
    priority_weight: task.priorityWeight,
    queue: task.queue,
    retries: task.retries,
    retry_delay: timeDelta(task.retryDelayMs),
    retry_exponential_backoff: task.backoff === 'exponential' ? 2 : 0,
    template_fields: [],
    trigger_rule: task.triggerRule,
    ui_color: null,
    ui_fgcolor: null,
    weight_rule: null,
  }
}

const DAY_MS = 86_400_000

function timeDelta(ms: number) {
  return {
    __type: 'TimeDelta',
    days: Math.floor(ms / DAY_MS),
    seconds: Math.floor((ms % DAY_MS) / 1000),
    microseconds: Math.round((ms % 1000) * 1000),
  }
}
