import { type Column, DataTable } from '../../parts/data-table.tsx'
import { useNow } from '../../parts/use-now.ts'
import { utcTime } from '../../text/time.ts'
import type { Process } from './engines-query.ts'

const COLUMNS: Column<Process>[] = [
  { header: 'Process', cell: ({ kind }) => kind, sortBy: ({ kind }) => kind },
  { header: 'State', cell: ({ state }) => <ProcessState state={state} />, sortBy: (p) => p.state },
  { header: 'Machine', cell: ({ hostname }) => hostname, sortBy: ({ hostname }) => hostname },
  { header: 'Process id', cell: ({ pid }) => <span className="number">{pid}</span> },
  {
    header: 'Last sign of life',
    cell: ({ last_heartbeat }) => <Heartbeat at={last_heartbeat} />,
    sortBy: ({ last_heartbeat }) => last_heartbeat,
  },
]

export function ProcessTable({ processes }: { processes: Process[] }) {
  return (
    <DataTable
      label="Processes"
      columns={COLUMNS}
      rows={processes}
      rowId={({ kind, hostname, pid }) => `${kind} ${hostname} ${pid}`}
    />
  )
}

function ProcessState({ state }: { state: string }) {
  return (
    <span className="process-state" data-process={state}>
      {state}
    </span>
  )
}

function Heartbeat({ at }: { at: string }) {
  const seconds = Math.max(0, Math.round((useNow(true) - Date.parse(at)) / 1_000))
  return (
    <time dateTime={at} title={utcTime(at)} className="number">
      {seconds} s ago
    </time>
  )
}
