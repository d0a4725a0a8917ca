import { queryOptions } from '@tanstack/react-query'
import { get, query } from '../../api/client.ts'

export const ALERTS_ON_A_PAGE = 50

export type AlertState = 'pending' | 'sent' | 'grouped' | 'failed' | 'logged'

export interface Alert {
  id: string
  at: string
  kind: string
  dag_id: string | null
  run_id: string | null
  task_id: string | null
  try_number: number | null
  title: string
  error: string
  state: AlertState
  sent_at: string | null
  attempts: number
  last_problem: string | null
}

export interface AlertList {
  alerts: Alert[]
  total_entries: number
  telegram: 'on' | 'off'
}

export function alertsQuery(page: number) {
  const limit = ALERTS_ON_A_PAGE
  return queryOptions({
    queryKey: ['alerts', page],
    queryFn: ({ signal }) =>
      get<AlertList>(`/ui/alerts${query({ limit, offset: page * limit })}`, signal),
    placeholderData: (previous) => previous,
    meta: { changesWith: ['alerts'] },
  })
}
