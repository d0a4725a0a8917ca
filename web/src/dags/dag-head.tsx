import { Link } from '@tanstack/react-router'
import type { Dag } from '../api/types.ts'
import { scheduleText } from '../text/schedule.ts'
import { TriggerButton } from '../trigger/trigger-button.tsx'
import { NextRun } from './next-run.tsx'
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
        <span>
          <NextRun isPaused={dag.is_paused} at={dag.next_dagrun_run_after} />
        </span>
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
