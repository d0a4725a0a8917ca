import { Link } from '@tanstack/react-router'
import type { AuditEntry } from '../api/types.ts'
import type { Column } from '../parts/data-table.tsx'
import { When } from '../parts/when.tsx'

export const auditColumns: Column<AuditEntry>[] = [
  { header: 'When', sortBy: (entry) => entry.when, cell: (entry) => <When at={entry.when} /> },
  { header: 'Who', sortBy: (entry) => entry.owner, cell: (entry) => entry.owner ?? '–' },
  {
    header: 'What',
    sortBy: (entry) => entry.event,
    cell: (entry) => <code>{entry.event}</code>,
  },
  { header: 'DAG', sortBy: (entry) => entry.dag_id, cell: (entry) => <Subject entry={entry} /> },
  {
    header: 'Details',
    cell: (entry) => <span className="mono cut">{entry.extra ?? ''}</span>,
  },
]

function Subject({
  entry: { dag_id: dagId, run_id: runId, task_id: taskId },
}: {
  entry: AuditEntry
}) {
  if (dagId === null) return '–'
  if (runId === null)
    return (
      <Link to="/dags/$dagId/grid" params={{ dagId }}>
        {dagId}
      </Link>
    )
  return (
    <>
      {dagId} /{' '}
      <Link to="/dags/$dagId/runs/$runId" params={{ dagId, runId }} className="mono">
        {runId}
      </Link>
      {taskId !== null && ` / ${taskId}`}
    </>
  )
}
