import { queryOptions, useMutation } from '@tanstack/react-query'
import { get, path, query, send } from './client.ts'
import { queryClient } from './query-client.ts'
import type { Dag, DagDetails, DagGraph, DagList, DagRun, ImportErrors, RunState } from './types.ts'

export const DAGS_ON_A_PAGE = 50

export interface DagFilter {
  search: string | undefined
  tag: string | undefined
  state: RunState | undefined
  paused: boolean | undefined
  page: number
}

export function dagListQuery({ page, ...filter }: DagFilter) {
  const limit = DAGS_ON_A_PAGE
  return queryOptions({
    queryKey: ['dags', filter, page],
    queryFn: ({ signal }) =>
      get<DagList>(`/ui/dags${query({ ...filter, limit, offset: page * limit })}`, signal),
    // While a filter is typed the old list stays.
    placeholderData: (previous) => previous,
    meta: { changesWith: ['dags', 'runs', 'import_errors'] },
  })
}

export function dagQuery(dagId: string) {
  return queryOptions({
    queryKey: ['dag', dagId],
    queryFn: ({ signal }) => get<Dag>(path`/api/v2/dags/${dagId}`, signal),
    meta: { changesWith: ['dags', 'runs', 'import_errors'], dagId },
  })
}

/** With the DAG's parameters, which the trigger dialog offers. */
export function dagDetailsQuery(dagId: string) {
  return queryOptions({
    queryKey: ['dag-details', dagId],
    queryFn: ({ signal }) => get<DagDetails>(path`/api/v2/dags/${dagId}/details`, signal),
    meta: { changesWith: ['dags'], dagId },
  })
}

export function dagGraphQuery(dagId: string, version?: number) {
  return queryOptions({
    queryKey: ['graph', dagId, version ?? 'latest'],
    queryFn: ({ signal }) =>
      get<DagGraph>(path`/ui/dags/${dagId}/graph` + query({ version }), signal),
    meta: { changesWith: ['dags'], dagId },
  })
}

export const importErrorsQuery = queryOptions({
  queryKey: ['import-errors'],
  queryFn: ({ signal }) => get<ImportErrors>('/api/v2/importErrors?limit=200', signal),
  meta: { changesWith: ['import_errors'] },
})

export function usePauseDag(dagId: string) {
  return useMutation({
    mutationFn: (paused: boolean) =>
      send<Dag>('PATCH', path`/api/v2/dags/${dagId}` + query({ update_mask: 'is_paused' }), {
        is_paused: paused,
      }),
    onSuccess: (dag) => {
      queryClient.setQueryData(dagQuery(dagId).queryKey, dag)
      return queryClient.invalidateQueries({ queryKey: ['dags'] })
    },
  })
}

export interface TriggerRequest {
  dag_run_id?: string
  logical_date: string | null
  conf: Record<string, unknown>
  note?: string
}

export function useTriggerDag(dagId: string) {
  return useMutation({
    mutationFn: (body: TriggerRequest) =>
      send<DagRun>('POST', path`/api/v2/dags/${dagId}/dagRuns`, body),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['dags'] }),
  })
}
