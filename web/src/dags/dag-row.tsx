import { Link } from '@tanstack/react-router'
import type { DagSummary } from '../api/types.ts'
import { scheduleText } from '../text/schedule.ts'
import { TriggerButton } from '../trigger/trigger-button.tsx'
import { NextRun } from './next-run.tsx'
import { PauseSwitch } from './pause-switch.tsx'
import { RunBars } from './run-bars.tsx'
import { RunCounts } from './run-counts.tsx'

export function DagRow({ dag }: { dag: DagSummary }) {
  return (
    <li className="dag-row" data-paused={dag.is_paused}>
      <PauseSwitch dagId={dag.dag_id} isPaused={dag.is_paused} />
      <div className="dag-name">
        <Link to="/dags/$dagId/grid" params={{ dagId: dag.dag_id }}>
          {dag.dag_id}
        </Link>
        {dag.has_import_errors && (
          <Link to="/import-errors" className="tag tag-bad">
            file does not load
          </Link>
        )}
        {dag.tags.map((tag) => (
          <Link key={tag} to="/" search={{ tag }} className="tag">
            {tag}
          </Link>
        ))}
        {dag.description && <p className="muted">{dag.description}</p>}
      </div>
      <div className="dag-schedule">
        <span>{scheduleText(dag.schedule)}</span>
        <span className="muted">
          <NextRun isPaused={dag.is_paused} at={dag.next_run_after} />
        </span>
      </div>
      <RunBars dagId={dag.dag_id} runs={dag.recent_runs} />
      <RunCounts dagId={dag.dag_id} counts={dag.run_counts} />
      <TriggerButton dagId={dag.dag_id} isPaused={dag.is_paused} />
    </li>
  )
}
