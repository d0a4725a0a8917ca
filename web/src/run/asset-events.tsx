import { Link } from '@tanstack/react-router'
import type { AssetEvent } from '../api/types.ts'
import { When } from '../parts/when.tsx'

/** The events of assets that started a run, each with the task that it came from. */
export function AssetEvents({ events }: { events: AssetEvent[] }) {
  if (events.length === 0) return null
  return (
    <section className="card panel" aria-labelledby="events-title">
      <h2 id="events-title">Started by {events.length === 1 ? 'an event' : 'events'}</h2>
      <ul className="event-list">
        {events.map((event) => (
          <li key={`${event.asset_name} ${event.created_at}`}>
            <code>{event.asset_name}</code> <When at={event.created_at} />
            <Origin event={event} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function Origin({ event }: { event: AssetEvent }) {
  const { source_dag_id: dagId, source_run_id: runId, source_task_id: taskId } = event
  if (dagId === null || runId === null) return <p className="muted">from outside the DAGs</p>
  if (taskId === null) return null
  return (
    <p className="muted">
      from{' '}
      <Link to="/dags/$dagId/runs/$runId/tasks/$taskId" params={{ dagId, runId, taskId }}>
        {dagId} / {taskId}
      </Link>
    </p>
  )
}
