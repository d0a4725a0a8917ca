import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { runQuery } from '../api/runs.ts'
import { Answer } from '../parts/answer.tsx'
import { Breadcrumbs } from '../parts/breadcrumbs.tsx'
import { JsonView } from '../parts/json-view.tsx'
import { AssetEvents } from '../run/asset-events.tsx'
import { RunFacts } from '../run/run-facts.tsx'
import { RunHead } from '../run/run-head.tsx'
import { RunTasks } from '../run/run-tasks.tsx'

export function RunPage() {
  const { dagId, runId } = useParams({ from: '/app/dags/$dagId/runs/$runId' })
  const query = useQuery(runQuery(dagId, runId))
  return (
    <div className="view">
      <Breadcrumbs>
        <Link to="/">DAGs</Link>
        <Link to="/dags/$dagId/grid" params={{ dagId }}>
          {dagId}
        </Link>
      </Breadcrumbs>
      <Answer query={query} what="the run">
        {({ run, asset_events: events, counts }) => (
          <>
            <RunHead run={run} counts={counts} />
            <div className="columns">
              <section aria-labelledby="tasks-title" className="column-main">
                <h2 id="tasks-title">Tasks</h2>
                <RunTasks dagId={dagId} runId={runId} />
              </section>
              <div className="column-side">
                <RunFacts run={run} />
                <section className="card panel" aria-labelledby="conf-title">
                  <h2 id="conf-title">Conf</h2>
                  {Object.keys(run.conf ?? {}).length > 0 ? (
                    <JsonView value={run.conf} label="conf" />
                  ) : (
                    <p className="muted">Started without a conf.</p>
                  )}
                </section>
                <AssetEvents events={events} />
              </div>
            </div>
          </>
        )}
      </Answer>
    </div>
  )
}
