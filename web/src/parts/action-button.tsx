import { type ReactNode, useId } from 'react'
import { useReadOnlyReason } from '../api/session.ts'

interface Props {
  onClick: () => void
  children: ReactNode
  /** Why this cannot be done now, beside what the role forbids. */
  reason?: string | null
  busy?: boolean
  main?: boolean
  label?: string
}

/** A button that changes something. It stays reachable when it is off, so that it can say why. */
export function ActionButton({ onClick, children, reason, busy, main, label }: Props) {
  const readOnly = useReadOnlyReason()
  const why = readOnly ?? reason ?? null
  const reasonId = useId()
  return (
    <>
      <button
        type="button"
        className={main ? 'button button-main' : 'button'}
        aria-label={label}
        aria-disabled={why !== null || busy === true}
        aria-describedby={why === null ? undefined : reasonId}
        title={why ?? undefined}
        onClick={() => {
          if (why === null && !busy) onClick()
        }}
      >
        {children}
      </button>
      {why !== null && (
        <span id={reasonId} className="visually-hidden">
          {why}
        </span>
      )}
    </>
  )
}
