import type { AnyState } from '../api/types.ts'

/** How a state is called where people read it. */
export function stateName(state: AnyState | null): string {
  return state === null || state === 'none' ? 'not started' : state.replaceAll('_', ' ')
}

export function StateBadge({ state }: { state: AnyState | null }) {
  return (
    <span className="state-badge" data-state={state ?? 'none'}>
      {stateName(state)}
    </span>
  )
}
