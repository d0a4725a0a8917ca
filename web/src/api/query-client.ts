// Queries say in `meta.changesWith` which changes of the server make them stale (events.ts); nothing
// polls. What fails because the server is away is asked again when the connection is back.

import { QueryClient } from '@tanstack/react-query'
import { ApiProblem } from './client.ts'
import type { ChangeTopic } from './types.ts'

declare module '@tanstack/react-query' {
  interface Register {
    queryMeta: {
      /** What of the server's changes this query shows. */
      changesWith?: ChangeTopic[]
      /** Only changes of this DAG matter. */
      dagId?: string
    }
  }
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: false,
      retry: (failures, error) =>
        failures < 2 && (!(error instanceof ApiProblem) || error.status >= 500),
    },
  },
})
