import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Loading } from './loading.tsx'
import { Problem } from './problem.tsx'

interface Props<T> {
  query: UseQueryResult<T>
  /** What is being loaded, as in "Loading the runs…". */
  what: string
  children: (data: T) => ReactNode
}

/** What a query has brought; until then that it loads, or why it failed. Old data outlives an error. */
export function Answer<T>({ query, what, children }: Props<T>) {
  if (query.data !== undefined) return children(query.data)
  if (query.error) return <Problem error={query.error} onRetry={() => void query.refetch()} />
  return <Loading what={what} />
}
