import type { AnyState } from '../api/types.ts'
import { StateBadge } from './state-badge.tsx'

const COMMON: AnyState[] = [
  'success',
  'running',
  'queued',
  'scheduled',
  'up_for_retry',
  'failed',
  'upstream_failed',
  'skipped',
]

export function StateLegend() {
  return (
    <ul className="legend" aria-label="Colours of the states">
      {COMMON.map((state) => (
        <li key={state}>
          <StateBadge state={state} />
        </li>
      ))}
    </ul>
  )
}
