// Listens for what the store's transactions announce on `terrace_scheduler`, on a connection of its
// own that is made anew when it breaks. A missed announcement only costs time: the ticks follow.

import { Client } from 'pg'
import { prepareSession } from '../../connections/postgres-session.ts'
import { HeldPause } from './held-pause.ts'

/** A run was locked when its tasks' turn had come: the lock is given back within milliseconds. */
const RUN_HELD = 'run_held'
/** Somebody saw a process end: its tasks go to others. */
const PROCESS_LOST = 'process_lost'

export interface WakeUps {
  close(): Promise<void>
}

const RECONNECT_MS = 1_000

export async function listenForWakeUps(
  databaseUrl: string,
  { onWake, onLoss }: { onWake: () => void; onLoss: () => void },
  log: (line: string) => void,
  now: () => number = () => performance.now(),
): Promise<WakeUps> {
  const heldPause = new HeldPause()
  let client: Client | undefined
  let timer: NodeJS.Timeout | undefined
  let lookAgain: NodeJS.Timeout | undefined
  let closed = false

  const onNotification = ({ payload }: { payload?: string | undefined }) => {
    if (payload === PROCESS_LOST) return onLoss()
    if (payload !== RUN_HELD) {
      heldPause.reset()
      return onWake()
    }
    lookAgain ??= setTimeout(() => {
      lookAgain = undefined
      onWake()
    }, heldPause.next(now()))
  }

  const connect = async () => {
    const fresh = new Client({ connectionString: databaseUrl, application_name: 'terrace-listen' })
    fresh.on('notification', onNotification)
    fresh.once('error', (error) => lose(fresh, error))
    fresh.once('end', () => lose(fresh, new Error('the server closed the connection')))
    try {
      await fresh.connect()
      await prepareSession(fresh)
      await fresh.query('listen terrace_scheduler')
      client = fresh
      onWake()
    } catch (error) {
      lose(fresh, error as Error)
    }
  }
  const lose = (lost: Client, error: Error) => {
    if (closed || timer) return
    if (client === lost) log(`The scheduler's connection was lost: ${error.message}`)
    client = undefined
    lost.removeAllListeners()
    lost.on('error', () => {})
    void lost.end().catch(() => {})
    timer = setTimeout(() => {
      timer = undefined
      void connect()
    }, RECONNECT_MS)
  }

  await connect()
  return {
    async close() {
      closed = true
      clearTimeout(timer)
      clearTimeout(lookAgain)
      await client?.end()
    },
  }
}
