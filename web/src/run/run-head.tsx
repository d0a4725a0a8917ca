import { Link } from '@tanstack/react-router'
import type { DagRun, RunDetails } from '../api/types.ts'
import { ClearButton } from '../clear/clear-button.tsx'
import { MarkButton } from '../mark/mark-button.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { StateCounts } from './state-counts.tsx'

export function RunHead({ run, counts }: { run: DagRun; counts: RunDetails['counts'] }) {
  const { dag_id: dagId, dag_run_id: runId } = run
  const failures = (counts.failed ?? 0) + (counts.upstream_failed ?? 0)
  const whole = { dagId, runId, taskIds: null, upstream: false, downstream: false }
  return (
    <>
      <div className="view-head">
        <h1 className="mono">{runId}</h1>
        <StateBadge state={run.state} />
        <div className="view-actions">
          <Link
            className="button"
            to="/dags/$dagId/graph"
            params={{ dagId }}
            search={{ run: runId }}
          >
            Graph
          </Link>
          <Link
            className="button"
            to="/dags/$dagId/gantt"
            params={{ dagId }}
            search={{ run: runId }}
          >
            Gantt
          </Link>
          <MarkButton
            request={{ dagId, runId, task: null }}
            active={run.state === 'running' || run.state === 'queued'}
          />
          <ClearButton
            request={{ ...whole, onlyFailed: true }}
            main={failures > 0}
            reason={failures === 0 ? 'No task of this run has failed.' : null}
          >
            Clear failed
          </ClearButton>
          <ClearButton request={{ ...whole, onlyFailed: false }}>Clear all</ClearButton>
        </div>
      </div>
      <StateCounts counts={counts} />
      {run.state === 'queued' && (
        <p className="note" role="status">
          It waits for its turn: a DAG runs as many runs at once as its maxActiveRuns says, and none
          while it is paused.
        </p>
      )}
    </>
  )
}
