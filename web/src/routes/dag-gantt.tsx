import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { runAttemptsQuery } from '../api/runs.ts'
import { taskInstancesQuery } from '../api/tasks.ts'
import type { RunAttempt } from '../api/types.ts'
import { GanttChart } from '../gantt/gantt-chart.tsx'
import { Answer } from '../parts/answer.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import { Loading } from '../parts/loading.tsx'
import { Problem } from '../parts/problem.tsx'
import { RunPicker } from '../run/run-picker.tsx'
import { useChosenRun } from '../run/use-chosen-run.ts'
import { TriggerHint } from '../trigger/trigger-hint.tsx'

const NONE: RunAttempt[] = []

export function DagGanttPage() {
  const { dagId } = useParams({ from: '/app/dags/$dagId/gantt' })
  const { run: runId } = useSearch({ from: '/app/dags/$dagId/gantt' })
  const navigate = useNavigate({ from: '/dags/$dagId/gantt' })
  const { run, error } = useChosenRun(dagId, runId)
  const query = useQuery({
    ...taskInstancesQuery(dagId, run?.dag_run_id ?? ''),
    enabled: Boolean(run),
  })

  const attempts = useQuery({
    ...runAttemptsQuery(dagId, run?.dag_run_id ?? ''),
    enabled: Boolean(run),
  })

  if (error) return <Problem error={error} />
  if (run === undefined) return <Loading what="the run" />
  if (run === null)
    return (
      <EmptyState title="No runs yet">
        <TriggerHint dagId={dagId} />
      </EmptyState>
    )
  return (
    <>
      <div className="graph-tools">
        <RunPicker run={run} onPick={(next) => void navigate({ search: { run: next } })} />
        <ul className="legend" aria-label="Parts of a bar">
          <li className="gantt-key gantt-key-wait">waited for a worker</li>
          <li className="gantt-key">ran</li>
        </ul>
      </div>
      <Answer query={query} what="the tasks">
        {({ task_instances: instances }) => (
          <GanttChart instances={instances} attempts={attempts.data?.attempts ?? NONE} />
        )}
      </Answer>
    </>
  )
}
