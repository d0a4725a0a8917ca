import { useQuery } from '@tanstack/react-query'
import { runQuery, runsQuery } from '../api/runs.ts'
import type { DagRun } from '../api/types.ts'

interface ChosenRun {
  /** Null when the DAG has no runs; undefined while that is not known. */
  run: DagRun | null | undefined
  error: Error | null
}

/** The run that the address names, else the newest. */
export function useChosenRun(dagId: string, runId: string | undefined): ChosenRun {
  const named = useQuery({ ...runQuery(dagId, runId ?? ''), enabled: runId !== undefined })
  const newest = useQuery({
    ...runsQuery(dagId, { state: undefined, page: 0 }),
    enabled: runId === undefined,
  })
  if (runId !== undefined) return { run: named.data?.run, error: named.error }
  return { run: newest.data && (newest.data.dag_runs[0] ?? null), error: newest.error }
}
