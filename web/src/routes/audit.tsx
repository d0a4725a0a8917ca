import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { AUDIT_ON_A_PAGE, auditQuery } from '../api/audit.ts'
import { auditColumns } from '../audit/audit-columns.tsx'
import { Answer } from '../parts/answer.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import { Pager } from '../parts/pager.tsx'

const FILTERS = [
  ['dag', 'Filter by DAG'],
  ['owner', 'Filter by who'],
] as const

export function AuditPage() {
  const { dag = '', owner = '', page = 0 } = useSearch({ from: '/app/audit' })
  const navigate = useNavigate({ from: '/audit' })
  const query = useQuery(auditQuery({ dag, owner, page }))
  const values = { dag, owner }
  return (
    <div className="view">
      <div className="view-head">
        <h1>Audit log</h1>
        <search className="filters">
          {FILTERS.map(([name, label]) => (
            <input
              key={name}
              className="field"
              type="search"
              aria-label={label}
              placeholder={label}
              value={values[name]}
              onChange={(event) =>
                void navigate({
                  search: { ...values, [name]: event.target.value },
                  replace: true,
                })
              }
            />
          ))}
        </search>
      </div>
      <Answer query={query} what="the audit log">
        {({ event_logs: entries, total_entries: total }) =>
          entries.length === 0 ? (
            <EmptyState title="Nothing here">
              {dag || owner
                ? 'Nothing was done that fits. Widen the search.'
                : 'Whatever somebody changes on the page, by the API or the command line stands here.'}
            </EmptyState>
          ) : (
            <>
              <DataTable
                label="Audit log"
                columns={auditColumns}
                rows={entries}
                rowId={(entry) => String(entry.event_log_id)}
              />
              <Pager
                page={page}
                pageSize={AUDIT_ON_A_PAGE}
                total={total}
                onPage={(next) => void navigate({ search: { ...values, page: next } })}
                what="entries"
              />
            </>
          )
        }
      </Answer>
    </div>
  )
}
