import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiProblem } from '../api/client.ts'
import { logInWithLink } from '../api/session.ts'

/** Where a login link leads. It logs in at the button, because programs open links, too. */
export function LoginLinkPage() {
  const { token } = useParams({ from: '/login/$token' })
  const navigate = useNavigate()
  const [failure, setFailure] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)

  async function submit(): Promise<void> {
    setBusy(true)
    setFailure(null)
    try {
      await logInWithLink(token)
      // The address holds the token: it shall not stay in the history.
      await navigate({ to: '/', replace: true })
    } catch (error) {
      if (error instanceof ApiProblem && error.code === 'link_used') {
        await navigate({ to: '/login', search: { problem: 'link_used' }, replace: true })
        return
      }
      setFailure(String(error instanceof Error ? error.message : error))
      setBusy(false)
    }
  }

  return (
    <main className="login">
      <div className="card login-form">
        <h1 className="brand">
          <img src="/favicon.svg" alt="" width="28" height="28" />
          Terrace
        </h1>
        <p>This link logs you in once.</p>
        {failure !== null && (
          <p className="note note-bad" role="alert">
            {failure}
          </p>
        )}
        <button type="button" className="button button-main" disabled={busy} onClick={submit}>
          {busy ? 'Logging in…' : 'Log in'}
        </button>
      </div>
    </main>
  )
}
