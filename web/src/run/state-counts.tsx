import type { AnyState, RunDetails } from '../api/types.ts'
import { stateName } from '../parts/state-badge.tsx'

/** What has ended well, what is under way, what is to come, and what went wrong. */
const ORDER: AnyState[] = [
  'success',
  'skipped',
  'running',
  'restarting',
  'queued',
  'scheduled',
  'deferred',
  'up_for_reschedule',
  'up_for_retry',
  'none',
  'removed',
  'upstream_failed',
  'failed',
]

/** How far a run is: a bar with a part for each state, and the numbers. */
export function StateCounts({ counts }: { counts: RunDetails['counts'] }) {
  const parts = ORDER.flatMap((state) => {
    const count = counts[state] ?? 0
    return count > 0 ? [[state, count] as const] : []
  })
  return (
    <div className="state-counts">
      <div className="state-bar" aria-hidden="true">
        {parts.map(([state, count]) => (
          <span key={state} data-state={state} style={{ flexGrow: count }} />
        ))}
      </div>
      <ul className="legend" aria-label="Tasks by state">
        {parts.map(([state, count]) => (
          <li key={state} className="state-badge" data-state={state}>
            {count} {stateName(state)}
          </li>
        ))}
      </ul>
    </div>
  )
}
