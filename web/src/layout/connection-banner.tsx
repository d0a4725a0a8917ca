import { useConnection } from '../api/events.ts'

export function ConnectionBanner() {
  const lost = useConnection() === 'lost'
  return (
    <div role="status" className={lost ? 'banner banner-bad' : undefined}>
      {lost &&
        'Connection lost: what you see may be old. Trying again; if it stays, check that `terrace web` runs.'}
    </div>
  )
}
