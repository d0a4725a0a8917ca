import { Link } from '@tanstack/react-router'
import type { Dag } from '../api/types.ts'
import { When } from '../parts/when.tsx'
import { scheduleText } from '../text/schedule.ts'
import { TriggerButton } from '../trigger/trigger-button.tsx'
import { PauseSwitch } from './pause-switch.tsx'

/** What a DAG is and what can be done with it, above each of its views. */
export function DagHead({ dag }: { dag: Dag }) {
  return (
    <>
      <div className="view-head">
        <h1>{dag.dag_id}</h1>
        <span className="switch-label">
          <PauseSwitch dagId={dag.dag_id} isPaused={dag.is_paused} />
          {dag.is_paused ? 'paused' : 'active'}
        </span>
        {dag.tags.map(({ name }) => (
          <Link key={name} to="/" search={{ tag: name }} className="tag">
            {name}
          </Link>
        ))}
        <div className="view-actions">
          <TriggerButton dagId={dag.dag_id} isPaused={dag.is_paused} main />
        </div>
      </div>
      <p className="view-facts muted">
        {dag.description && <span>{dag.description}</span>}
        <span>Schedule: {scheduleText(dag.timetable_summary)}</span>
        {dag.is_paused ? (
          <span>Paused: no new runs</span>
        ) : (
          <span>
            Next run: <When at={dag.next_dagrun_run_after} relative none="none planned" />
          </span>
        )}
        {dag.owners.length > 0 && <span>Owner: {dag.owners.join(', ')}</span>}
      </p>
      {dag.is_stale && (
        <p className="note note-warn" role="status">
          Its file is gone: it makes no more runs. What has run stays to be seen.
        </p>
      )}
      {dag.has_import_errors && (
        <p className="note note-bad" role="status">
          Its file does not load any more; the last version that did keeps running.{' '}
          <Link to="/import-errors">See why</Link>
        </p>
      )}
    </>
  )
}
