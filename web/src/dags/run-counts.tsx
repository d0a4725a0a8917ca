import { Link } from '@tanstack/react-router'
import { RUN_STATES } from '../api/run-states.ts'
import type { RunState } from '../api/types.ts'
import { StateBadge } from '../parts/state-badge.tsx'

/** How many runs stand in each state; what there is none of stays quiet. */
export function RunCounts({ dagId, counts }: { dagId: string; counts: Record<RunState, number> }) {
  return (
    <div className="run-counts">
      {RUN_STATES.map((state) => (
        <Link
          key={state}
          to="/dags/$dagId/runs"
          params={{ dagId }}
          search={{ state }}
          className="count"
          data-state={state}
          data-none={counts[state] === 0}
          aria-label={`${counts[state]} ${state}`}
          title={`${counts[state]} ${state}`}
        >
          {shortCount(counts[state])}
        </Link>
      ))}
    </div>
  )
}

/** What the colours of the counts mean, above the list. */
export function RunCountsLegend() {
  return (
    <ul className="legend" aria-label="Counts of runs">
      {RUN_STATES.map((state) => (
        <li key={state}>
          <StateBadge state={state} />
        </li>
      ))}
    </ul>
  )
}

function shortCount(count: number): string {
  if (count < 1_000) return String(count)
  return count < 10_000 ? `${(count / 1_000).toFixed(1)}k` : `${Math.round(count / 1_000)}k`
}
