import { useNavigate, useRouter, useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ApiProblem } from '../api/client.ts'
import { logIn } from '../api/session.ts'
import { CommandLine } from '../parts/command-line.tsx'

export function LoginPage() {
  const { problem, next } = useSearch({ from: '/login' })
  const navigate = useNavigate()
  const { history } = useRouter()
  const [failure, setFailure] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    setBusy(true)
    setFailure(null)
    try {
      await logIn(String(fields.get('username')), String(fields.get('password')))
      if (next === undefined) await navigate({ to: '/' })
      else history.replace(next)
    } catch (error) {
      setFailure(explain(error))
      setBusy(false)
    }
  }

  return (
    <main className="login">
      <form className="card login-form" onSubmit={submit}>
        <h1 className="brand">
          <img src="/favicon.svg" alt="" width="28" height="28" />
          Terrace
        </h1>
        {problem === 'link_used' && (
          <p className="note note-warn" role="alert">
            This link has been used or is too old: it logs in once. Log in with the password.
          </p>
        )}
        <label className="labelled">
          Name
          <input className="field" name="username" autoComplete="username" required />
        </label>
        <label className="labelled">
          Password
          <input
            className="field"
            name="password"
            type="password"
            autoComplete="current-password"
            required
          />
        </label>
        {failure !== null && (
          <p className="note note-bad" role="alert">
            {failure}
          </p>
        )}
        <button type="submit" className="button button-main" disabled={busy}>
          {busy ? 'Logging in…' : 'Log in'}
        </button>
        <div className="login-help muted">
          <p>The password is lost? Where Terrace runs, this prints a link that logs in once:</p>
          <CommandLine text="npx terrace users login-link" />
        </div>
      </form>
    </main>
  )
}

function explain(error: unknown): string {
  if (!(error instanceof ApiProblem)) return String(error)
  if (error.code === 'bad_credentials') return 'No account has this name and password.'
  return error.message
}
