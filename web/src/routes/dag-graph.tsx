import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { dagGraphQuery } from '../api/dags.ts'
import { taskInstancesQuery } from '../api/tasks.ts'
import { Answer } from '../parts/answer.tsx'
import { Loading } from '../parts/loading.tsx'
import { Problem } from '../parts/problem.tsx'
import { StateLegend } from '../parts/state-legend.tsx'
import { RunPicker } from '../run/run-picker.tsx'
import { useChosenRun } from '../run/use-chosen-run.ts'

const GraphCanvas = lazy(() => import('../graph/graph-canvas.tsx'))

export function DagGraphPage() {
  const { dagId } = useParams({ from: '/app/dags/$dagId/graph' })
  const { run: runId } = useSearch({ from: '/app/dags/$dagId/graph' })
  const navigate = useNavigate({ from: '/dags/$dagId/graph' })
  const { run, error } = useChosenRun(dagId, runId)
  // A run is drawn with the version that it is pinned to.
  const graph = useQuery({
    ...dagGraphQuery(dagId, run?.dag_versions[0]?.version_number),
    enabled: run !== undefined,
  })
  const instances = useQuery({
    ...taskInstancesQuery(dagId, run?.dag_run_id ?? ''),
    enabled: Boolean(run),
  })

  if (error) return <Problem error={error} />
  return (
    <>
      <div className="graph-tools">
        {run ? (
          <RunPicker run={run} onPick={(next) => void navigate({ search: { run: next } })} />
        ) : (
          run === null && (
            <p className="muted">No runs yet: the tasks as the newest version has them.</p>
          )
        )}
        {run && <StateLegend />}
      </div>
      <Answer query={graph} what="the graph">
        {(shown) => (
          <Suspense fallback={<Loading what="the graph" />}>
            <GraphCanvas
              graph={shown}
              runId={run?.dag_run_id ?? null}
              instances={instances.data?.task_instances ?? []}
            />
          </Suspense>
        )}
      </Answer>
    </>
  )
}
