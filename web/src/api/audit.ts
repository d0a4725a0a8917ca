import { queryOptions } from '@tanstack/react-query'
import { get, query } from './client.ts'
import type { AuditLog } from './types.ts'

export const AUDIT_ON_A_PAGE = 50

export interface AuditFilter {
  dag: string
  owner: string
  page: number
}

export function auditQuery({ dag, owner, page }: AuditFilter) {
  const parameters = {
    dag_id_pattern: dag && `%${dag}%`,
    owner_pattern: owner && `%${owner}%`,
    order_by: '-when',
    limit: AUDIT_ON_A_PAGE,
    offset: page * AUDIT_ON_A_PAGE,
  }
  return queryOptions({
    queryKey: ['audit', parameters],
    queryFn: ({ signal }) => get<AuditLog>(`/api/v2/eventLogs${query(parameters)}`, signal),
    placeholderData: (previous) => previous,
    meta: { changesWith: ['runs', 'dags'] },
  })
}
