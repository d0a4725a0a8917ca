import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import { RUN_STATES } from '../api/run-states.ts'
import { RUNS_ON_A_PAGE, runsQuery } from '../api/runs.ts'
import type { RunState } from '../api/types.ts'
import { Answer } from '../parts/answer.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import { Pager } from '../parts/pager.tsx'
import { runColumns } from '../run/run-columns.tsx'
import { TriggerHint } from '../trigger/trigger-hint.tsx'

export function DagRunsPage() {
  const { dagId } = useParams({ from: '/app/dags/$dagId/runs' })
  const { state, page = 0 } = useSearch({ from: '/app/dags/$dagId/runs' })
  const navigate = useNavigate({ from: '/dags/$dagId/runs' })
  const query = useQuery(runsQuery(dagId, { state, page }))
  const columns = useMemo(() => runColumns(dagId), [dagId])

  return (
    <>
      <div className="filters">
        <select
          className="field"
          aria-label="State of the runs"
          value={state ?? ''}
          onChange={({ target }) =>
            void navigate({ search: target.value ? { state: target.value as RunState } : {} })
          }
        >
          <option value="">Any state</option>
          {RUN_STATES.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </div>
      <Answer query={query} what="the runs">
        {({ dag_runs: runs, total_entries: total }) =>
          runs.length === 0 ? (
            <EmptyState title={state ? `No run is ${state}` : 'No runs yet'}>
              {state ? null : <TriggerHint dagId={dagId} />}
            </EmptyState>
          ) : (
            <>
              <DataTable
                label={`Runs of ${dagId}`}
                columns={columns}
                rows={runs}
                rowId={(run) => run.dag_run_id}
              />
              <Pager
                page={page}
                pageSize={RUNS_ON_A_PAGE}
                total={total}
                onPage={(next) => void navigate({ search: (old) => ({ ...old, page: next }) })}
                what="runs"
              />
            </>
          )
        }
      </Answer>
    </>
  )
}
