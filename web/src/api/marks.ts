import { queryOptions, useMutation } from '@tanstack/react-query'
import { path, query, send } from './client.ts'
import { queryClient } from './query-client.ts'
import type { DagRun, TaskInstances } from './types.ts'

export type Mark = 'success' | 'failed' | 'skipped'

/** A state for a task of a run, or, without a task, for the run itself. */
export interface MarkRequest {
  dagId: string
  runId: string
  task: { taskId: string; mapIndex: number } | null
  state: Mark
}

/** What a mark would change; null for a run, whose tasks all follow it. */
export function markPreviewQuery(request: MarkRequest) {
  return queryOptions({
    queryKey: ['mark-preview', request],
    queryFn: () => (request.task ? sendTask(request, request.task, true) : null),
    gcTime: 0,
    meta: { changesWith: ['runs'], dagId: request.dagId },
  })
}

export function useMark() {
  return useMutation({
    mutationFn: (request: MarkRequest): Promise<TaskInstances | DagRun> =>
      request.task ? sendTask(request, request.task, false) : sendRun(request),
    onSuccess: () => queryClient.invalidateQueries(),
  })
}

function sendTask(
  { dagId, runId, state }: MarkRequest,
  { taskId, mapIndex }: { taskId: string; mapIndex: number },
  dryRun: boolean,
): Promise<TaskInstances> {
  const task = path`/api/v2/dags/${dagId}/dagRuns/${runId}/taskInstances/${taskId}`
  const url = (dryRun ? `${task}/dry_run` : task) + query({ map_index: mapIndex })
  return send('PATCH', url, { new_state: state })
}

function sendRun({ dagId, runId, state }: MarkRequest): Promise<DagRun> {
  return send('PATCH', path`/api/v2/dags/${dagId}/dagRuns/${runId}`, { state })
}
