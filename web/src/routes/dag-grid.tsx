import { useInfiniteQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useCallback, useMemo, useState } from 'react'
import { gridQuery } from '../api/runs.ts'
import { decodeGrid } from '../grid/grid-data.ts'
import { GridTable } from '../grid/grid-table.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import { Loading } from '../parts/loading.tsx'
import { Problem } from '../parts/problem.tsx'
import { StateLegend } from '../parts/state-legend.tsx'
import { TriggerHint } from '../trigger/trigger-hint.tsx'

const FILTERED_FROM = 12

export function DagGridPage() {
  const { dagId } = useParams({ from: '/app/dags/$dagId/grid' })
  const { data, error, refetch, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery(
    gridQuery(dagId),
  )
  const [search, setSearch] = useState('')
  const whole = useMemo(() => data && decodeGrid(data.pages, Date.now()), [data])
  const grid = useMemo(
    () =>
      whole && {
        ...whole,
        tasks: whole.tasks.filter(({ taskId }) => taskId.includes(search.trim())),
      },
    [whole, search],
  )
  const fetchOlder = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage()
  }, [hasNextPage, isFetching, fetchNextPage])

  if (error && !grid) return <Problem error={error} onRetry={() => void refetch()} />
  if (!grid || !whole) return <Loading what="the grid" />
  if (grid.runs.length === 0)
    return (
      <EmptyState title="No runs yet">
        <TriggerHint dagId={dagId} />
      </EmptyState>
    )
  return (
    <>
      <div className="grid-tools">
        {whole.tasks.length >= FILTERED_FROM && (
          <input
            className="field"
            type="search"
            placeholder={`Search ${whole.tasks.length} tasks`}
            aria-label="Search tasks"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        )}
        <StateLegend />
      </div>
      <GridTable dagId={dagId} grid={grid} onNearOldest={fetchOlder} />
    </>
  )
}
