import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { DAGS_ON_A_PAGE, dagListQuery } from '../api/dags.ts'
import type { DagList } from '../api/types.ts'
import { DagFilters } from '../dags/dag-filters.tsx'
import { DagRow } from '../dags/dag-row.tsx'
import { RunCountsLegend } from '../dags/run-counts.tsx'
import { Answer } from '../parts/answer.tsx'
import { CommandLine } from '../parts/command-line.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import { Pager } from '../parts/pager.tsx'
import type { DagsSearch } from '../router.tsx'

export function DagsPage() {
  const filter = useSearch({ from: '/app/' })
  const navigate = useNavigate({ from: '/' })
  const { search, tag, state, paused, page = 0 } = filter
  const query = useQuery(dagListQuery({ search, tag, state, paused, page }))
  const isFiltered = [search, tag, state, paused].some((value) => value !== undefined)

  function change(next: DagsSearch): void {
    void navigate({ search: next, replace: true })
  }

  return (
    <div className="view">
      <div className="view-head">
        <h1>DAGs</h1>
        <DagFilters filter={filter} tags={query.data?.tags ?? []} onChange={change} />
      </div>
      <Answer query={query} what="the DAGs">
        {(list) => (
          <>
            <BrokenFiles count={list.import_errors} />
            {list.dags.length > 0 && <RunCountsLegend />}
            {list.dags.length > 0 ? (
              <ul className="dag-list card" aria-label="DAGs">
                {list.dags.map((dag) => (
                  <DagRow key={dag.dag_id} dag={dag} />
                ))}
              </ul>
            ) : isFiltered ? (
              <EmptyState title="No DAG matches">
                <button type="button" className="button" onClick={() => change({})}>
                  Show all DAGs
                </button>
              </EmptyState>
            ) : (
              <NoDags />
            )}
            <Pager
              page={page}
              pageSize={DAGS_ON_A_PAGE}
              total={list.total_entries}
              onPage={(next) => change({ ...filter, page: next })}
              what="DAGs"
            />
          </>
        )}
      </Answer>
    </div>
  )
}

function BrokenFiles({ count }: { count: DagList['import_errors'] }) {
  if (count === 0) return null
  return (
    <p className="note note-bad" role="status">
      {count === 1 ? 'One DAG file does not load.' : `${count} DAG files do not load.`}{' '}
      <Link to="/import-errors">See why and how to mend it</Link>
    </p>
  )
}

function NoDags() {
  return (
    <EmptyState title="No DAGs yet">
      Write a file into the folder that TERRACE_DAGS_FOLDER names (default <code>dags/</code>); it
      shows here within seconds. To begin with an example: <CommandLine text="npx terrace init" />
    </EmptyState>
  )
}
