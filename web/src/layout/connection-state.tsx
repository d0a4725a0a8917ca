import { useConnection } from '../api/events.ts'

const TITLES = {
  connecting: 'Connecting to the server',
  connected: 'Changes show at once',
  lost: 'The server does not answer',
}

export function ConnectionState() {
  const connection = useConnection()
  return (
    <span className="connection" data-state={connection} title={TITLES[connection]}>
      {connection === 'connected' ? 'live' : connection}
    </span>
  )
}
