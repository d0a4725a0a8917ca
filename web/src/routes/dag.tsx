import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useParams } from '@tanstack/react-router'
import { dagDetailsQuery, dagQuery } from '../api/dags.ts'
import { DagHead } from '../dags/dag-head.tsx'
import { Doc } from '../dags/doc.tsx'
import { Answer } from '../parts/answer.tsx'
import { Breadcrumbs } from '../parts/breadcrumbs.tsx'

const TABS = [
  ['/dags/$dagId/grid', 'Grid'],
  ['/dags/$dagId/graph', 'Graph'],
  ['/dags/$dagId/gantt', 'Gantt'],
  ['/dags/$dagId/runs', 'Runs'],
  ['/dags/$dagId/code', 'Code'],
] as const

export function DagPage() {
  const { dagId } = useParams({ from: '/app/dags/$dagId' })
  const query = useQuery(dagQuery(dagId))
  const details = useQuery(dagDetailsQuery(dagId))
  return (
    <div className="view">
      <Breadcrumbs>
        <Link to="/">DAGs</Link>
      </Breadcrumbs>
      <Answer query={query} what={dagId}>
        {(dag) => (
          <>
            <DagHead dag={dag} />
            <Doc text={details.data?.doc_md} what={dagId} />
            <nav className="tabs" aria-label={`Views of ${dagId}`}>
              {TABS.map(([to, label]) => (
                <Link key={to} to={to} params={{ dagId }} activeOptions={{ includeSearch: false }}>
                  {label}
                </Link>
              ))}
            </nav>
            <Outlet />
          </>
        )}
      </Answer>
    </div>
  )
}
