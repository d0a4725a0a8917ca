import { Link } from '@tanstack/react-router'
import { When } from '../../parts/when.tsx'
import type { Alert, AlertState } from './alerts-query.ts'

const STATES: Record<AlertState, string> = {
  pending: 'waits to be sent',
  sent: 'sent',
  grouped: 'sent with others',
  failed: 'could not be sent',
  logged: 'shown here and in the log',
}

export function AlertEntry({ alert }: { alert: Alert }) {
  return (
    <li className="alert-entry card">
      <div className="alert-head">
        <h2>{alert.title}</h2>
        <span className="alert-state" data-alert={alert.state}>
          {STATES[alert.state]}
        </span>
        <When at={alert.at} />
      </div>
      <pre className="alert-error">{alert.error}</pre>
      {alert.last_problem !== null && (
        <p className="muted">
          {alert.attempts === 1 ? 'One attempt' : `${alert.attempts} attempts`} to send it; the last
          one met: {alert.last_problem}
        </p>
      )}
      <Place alert={alert} />
    </li>
  )
}

/** Where to look: the closest view to what failed. */
function Place({ alert: { dag_id, run_id, task_id, try_number } }: { alert: Alert }) {
  if (dag_id === null) return <Link to="/import-errors">Files that do not load</Link>
  if (run_id === null)
    return (
      <Link to="/dags/$dagId/grid" params={{ dagId: dag_id }}>
        {dag_id}
      </Link>
    )
  const run = { dagId: dag_id, runId: run_id }
  if (task_id === null)
    return (
      <Link to="/dags/$dagId/runs/$runId" params={run}>
        Run {run_id}
      </Link>
    )
  return (
    <Link
      to="/dags/$dagId/runs/$runId/tasks/$taskId"
      params={{ ...run, taskId: task_id }}
      search={try_number === null ? {} : { try: try_number }}
    >
      Log of {task_id}
    </Link>
  )
}
