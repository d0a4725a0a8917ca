import { queryOptions, useMutation } from '@tanstack/react-query'
import { get, path, query, send } from './client.ts'
import { queryClient } from './query-client.ts'
import type { Blockers, TaskInstance, TaskInstances, TaskIo } from './types.ts'

const MAX_INSTANCES = 1_000

export interface TaskKey {
  dagId: string
  runId: string
  taskId: string
  mapIndex: number
}

/** The task instances of a run, in the order of the graph. */
export function taskInstancesQuery(dagId: string, runId: string) {
  return queryOptions({
    queryKey: ['task-instances', dagId, runId],
    queryFn: ({ signal }) =>
      get<TaskInstances>(
        path`/api/v2/dags/${dagId}/dagRuns/${runId}/taskInstances` +
          query({ limit: MAX_INSTANCES, order_by: 'position' }),
        signal,
      ),
    meta: { changesWith: ['runs'], dagId },
  })
}

export function taskInstanceQuery(key: TaskKey) {
  return queryOptions({
    queryKey: ['task-instance', key],
    queryFn: ({ signal }) => get<TaskInstance>(instancePath(key) + mapIndex(key), signal),
    meta: { changesWith: ['runs'], dagId: key.dagId },
  })
}

export function triesQuery(key: TaskKey) {
  return queryOptions({
    queryKey: ['tries', key],
    queryFn: ({ signal }) =>
      get<TaskInstances>(`${instancePath(key)}/tries${mapIndex(key)}`, signal),
    meta: { changesWith: ['runs'], dagId: key.dagId },
  })
}

export function taskIoQuery(key: TaskKey) {
  return queryOptions({
    queryKey: ['io', key],
    queryFn: ({ signal }) => get<TaskIo>(`${taskPath(key)}/io${mapIndex(key)}`, signal),
    meta: { changesWith: ['runs'], dagId: key.dagId },
  })
}

/** Why a task instance does not run yet. */
export function taskBlockersQuery(key: TaskKey) {
  return queryOptions({
    queryKey: ['blockers', key],
    queryFn: ({ signal }) =>
      get<Blockers>(`${instancePath(key)}/dependencies${mapIndex(key)}`, signal),
    meta: { changesWith: ['runs', 'dags'], dagId: key.dagId },
  })
}

/** Where the log of an attempt is: `/events` streams it, `/download` is one text. */
export function logPath(key: TaskKey, attempt: number, end: 'events' | 'download'): string {
  return `${taskPath(key)}/log/${attempt}/${end}${mapIndex(key)}`
}

/** What to clear: a whole run, or tasks of it with what lies up- and downstream. */
export interface ClearRequest {
  dagId: string
  runId: string
  taskIds: string[] | null
  onlyFailed: boolean
  upstream: boolean
  downstream: boolean
}

/** What a clear would change; asked anew each time it is opened. */
export function clearPreviewQuery(request: ClearRequest) {
  return queryOptions({
    queryKey: ['clear-preview', request],
    queryFn: () => sendClear(request, true),
    gcTime: 0,
    meta: { changesWith: ['runs'], dagId: request.dagId },
  })
}

export function useClear() {
  return useMutation({
    mutationFn: (request: ClearRequest) => sendClear(request, false),
    onSuccess: () => queryClient.invalidateQueries(),
  })
}

function sendClear(request: ClearRequest, dryRun: boolean): Promise<TaskInstances> {
  const { dagId, runId, taskIds, onlyFailed: only_failed } = request
  if (taskIds === null)
    return send('POST', path`/api/v2/dags/${dagId}/dagRuns/${runId}/clear`, {
      dry_run: dryRun,
      only_failed,
    })
  return send('POST', path`/api/v2/dags/${dagId}/clearTaskInstances`, {
    dry_run: dryRun,
    only_failed,
    dag_run_id: runId,
    task_ids: taskIds,
    include_upstream: request.upstream,
    include_downstream: request.downstream,
  })
}

function instancePath({ dagId, runId, taskId }: TaskKey): string {
  return path`/api/v2/dags/${dagId}/dagRuns/${runId}/taskInstances/${taskId}`
}

function taskPath({ dagId, runId, taskId }: TaskKey): string {
  return path`/ui/dags/${dagId}/runs/${runId}/tasks/${taskId}`
}

function mapIndex(key: TaskKey): string {
  return query({ map_index: key.mapIndex })
}
