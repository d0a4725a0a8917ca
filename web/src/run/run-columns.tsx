import { Link } from '@tanstack/react-router'
import type { DagRun } from '../api/types.ts'
import type { Column } from '../parts/data-table.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { Took } from '../parts/took.tsx'
import { When } from '../parts/when.tsx'

export function runColumns(dagId: string): Column<DagRun>[] {
  return [
    {
      header: 'Run',
      sortBy: (run) => run.dag_run_id,
      cell: (run) => (
        <Link
          to="/dags/$dagId/runs/$runId"
          params={{ dagId, runId: run.dag_run_id }}
          className="mono"
        >
          {run.dag_run_id}
        </Link>
      ),
    },
    {
      header: 'State',
      sortBy: (run) => run.state,
      cell: (run) => <StateBadge state={run.state} />,
    },
    {
      header: 'Run after',
      sortBy: (run) => run.run_after,
      cell: (run) => <When at={run.run_after} />,
    },
    {
      header: 'Started',
      sortBy: (run) => run.start_date,
      cell: (run) => <When at={run.start_date} none="waits" />,
    },
    {
      header: 'Duration',
      isNumeric: true,
      sortBy: (run) => run.duration,
      cell: (run) => <Took start={run.start_date} end={run.end_date} />,
    },
    { header: 'By', sortBy: startedBy, cell: startedBy },
    { header: 'Version', cell: (run) => `v${run.dag_versions[0]?.version_number ?? '?'}` },
    { header: 'Note', cell: (run) => <span className="cut">{run.note}</span> },
  ]
}

/** Who or what started a run. */
export function startedBy(run: DagRun): string {
  const type = run.run_type === 'asset_triggered' ? 'asset' : run.run_type
  return run.triggering_user_name === null ? type : `${type}, ${run.triggering_user_name}`
}
