import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { get, path, query } from './client.ts'
import type { DagRuns, GridPage, RunAttempt, RunDetails, RunState } from './types.ts'

const RUNS_OF_A_GRID_PAGE = 100
export const RUNS_ON_A_PAGE = 50

export function gridQuery(dagId: string) {
  return infiniteQueryOptions({
    queryKey: ['grid', dagId],
    queryFn: ({ signal, pageParam }) =>
      get<GridPage>(
        path`/ui/dags/${dagId}/grid` + query({ limit: RUNS_OF_A_GRID_PAGE, before: pageParam }),
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_before ?? undefined,
    // A live grid is large and new at each answer: comparing old and new costs more than it saves.
    structuralSharing: false,
    meta: { changesWith: ['runs', 'dags'], dagId },
  })
}

export interface RunFilter {
  state: RunState | undefined
  page: number
}

export function runsQuery(dagId: string, { state, page }: RunFilter) {
  const limit = RUNS_ON_A_PAGE
  const parameters = { state, limit, offset: page * limit, order_by: '-run_after' }
  return queryOptions({
    queryKey: ['runs', dagId, parameters],
    queryFn: ({ signal }) =>
      get<DagRuns>(path`/api/v2/dags/${dagId}/dagRuns` + query(parameters), signal),
    placeholderData: (previous) => previous,
    meta: { changesWith: ['runs'], dagId },
  })
}

/** All attempts of a run that have ended, oldest first. */
export function runAttemptsQuery(dagId: string, runId: string) {
  return queryOptions({
    queryKey: ['run-attempts', dagId, runId],
    queryFn: ({ signal }) =>
      get<{ attempts: RunAttempt[] }>(path`/ui/dags/${dagId}/runs/${runId}/attempts`, signal),
    meta: { changesWith: ['runs'], dagId },
  })
}

export function runQuery(dagId: string, runId: string) {
  return queryOptions({
    queryKey: ['run', dagId, runId],
    queryFn: ({ signal }) => get<RunDetails>(path`/ui/dags/${dagId}/runs/${runId}`, signal),
    meta: { changesWith: ['runs'], dagId },
  })
}
