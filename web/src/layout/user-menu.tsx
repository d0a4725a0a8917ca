import { useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { logOut, useSession } from '../api/session.ts'

export function UserMenu() {
  const { user, version } = useSession()
  const navigate = useNavigate()
  const [failure, setFailure] = useState<string | null>(null)
  const menu = useRef<HTMLDetailsElement>(null)

  async function leave(): Promise<void> {
    try {
      await logOut()
      await navigate({ to: '/login' })
    } catch (error) {
      setFailure(`Still logged in. ${(error as Error).message}`)
    }
  }

  return (
    <details
      ref={menu}
      className="menu"
      onKeyDown={(event) => {
        if (event.key === 'Escape' && menu.current) menu.current.open = false
      }}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) event.currentTarget.open = false
      }}
    >
      <summary aria-label={`Account of ${user.name}`}>{user.name}</summary>
      <div className="menu-items">
        <p className="muted">
          {user.role} · Terrace {version}
        </p>
        <button type="button" className="button" onClick={leave}>
          Log out
        </button>
        {failure !== null && (
          <p className="hint hint-bad" role="alert">
            {failure}
          </p>
        )}
      </div>
    </details>
  )
}
