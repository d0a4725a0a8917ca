import { runAddress } from '../addresses.ts'
import type { RecentRun } from '../api/types.ts'
import { LinkArea } from '../parts/link-area.tsx'
import { stateName } from '../parts/state-badge.tsx'
import { barHeights } from '../text/bar-heights.ts'
import { durationText, secondsBetween } from '../text/duration.ts'
import { localTime } from '../text/time.ts'

/** The last runs, oldest first: the taller, the longer it took. */
export function RunBars({ dagId, runs }: { dagId: string; runs: RecentRun[] }) {
  const now = Date.now()
  const seconds = runs.map((run) => secondsBetween(run.start_date, run.end_date, now))
  const heights = barHeights(seconds)
  return (
    <LinkArea className="run-bars">
      {runs.map((run, i) => (
        <a
          key={run.run_id}
          href={runAddress(dagId, run.run_id)}
          data-state={run.state}
          aria-label={describe(run, seconds[i] ?? null, now)}
          title={describe(run, seconds[i] ?? null, now)}
        >
          <span style={{ height: `${heights[i]}%` }} />
        </a>
      ))}
      {runs.length === 0 && <span className="muted">no runs yet</span>}
    </LinkArea>
  )
}

function describe(run: RecentRun, seconds: number | null, now: number): string {
  return `${localTime(run.run_after, now)}: ${stateName(run.state)}, ${durationText(seconds)} (${run.run_id})`
}
