import { useQuery } from '@tanstack/react-query'
import { runsQuery } from '../api/runs.ts'
import type { DagRun } from '../api/types.ts'
import { StateBadge } from '../parts/state-badge.tsx'
import { localTime } from '../text/time.ts'

interface Props {
  run: DagRun
  onPick: (runId: string) => void
}

/** Which run a view shows: one of the newest, or the one that the address names. */
export function RunPicker({ run, onPick }: Props) {
  const { data } = useQuery(runsQuery(run.dag_id, { state: undefined, page: 0 }))
  const newest = data?.dag_runs ?? []
  const isListed = newest.some((one) => one.dag_run_id === run.dag_run_id)
  return (
    <div className="run-picker">
      <select
        className="field"
        aria-label="Run"
        value={run.dag_run_id}
        onChange={(event) => onPick(event.target.value)}
      >
        {(isListed ? newest : [run, ...newest]).map((one) => (
          <option key={one.dag_run_id} value={one.dag_run_id}>
            {localTime(one.run_after, Date.now())} · {one.run_type.replace('_', ' ')} · {one.state}
          </option>
        ))}
      </select>
      <StateBadge state={run.state} />
    </div>
  )
}
