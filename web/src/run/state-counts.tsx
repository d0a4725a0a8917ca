import type { AnyState, RunDetails } from '../api/types.ts'
import { stateName } from '../parts/state-badge.tsx'

/** How far a run is: a bar with a part for each state, and the numbers. */
export function StateCounts({ counts }: { counts: RunDetails['counts'] }) {
  const parts = Object.entries(counts).filter(([, count]) => count > 0) as [AnyState, number][]
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
