// Tells people of a database in which no alert can be written: away, or without space on its disk. Every other
// alert lies in it before it is sent (alert-sender.ts); this one goes to the chat by itself. Of several schedulers
// each tells.

import { setTimeout as delay } from 'node:timers/promises'
import { probeSpace } from '../../connections/database-space.ts'
import { databaseTrouble } from '../../connections/database-trouble.ts'
import { withoutPassword } from '../../connections/environment.ts'
import type { Pool } from '../../connections/postgres.ts'
import type { Telegram } from './telegram.ts'

export interface DatabaseWatchOptions {
  pool: Pool
  /** Null: it stands in the log alone. */
  chat: { telegram: Telegram; chatId: string } | null
  log: (line: string) => void
  everyMs?: number
}

export interface DatabaseWatch {
  stop(): Promise<void>
}

const FIXES: Record<string, string> = {
  full: 'Free some space on its disk; tasks go on by themselves then.',
  away: 'Start it, or see to the network; tasks go on by themselves then.',
}
const OTHER_FIX = 'See to it; tasks go on by themselves when it works again.'

export function startDatabaseWatch(options: DatabaseWatchOptions): DatabaseWatch {
  const { pool, chat, log, everyMs = 30_000 } = options
  const stopping = new AbortController()
  /** What the chat has still to be told. */
  let untold: string | null = null
  let failures = 0

  async function look(): Promise<void> {
    try {
      await probeSpace(pool)
      if (failures > 1) say('The metadata database works again.')
      failures = 0
    } catch (error) {
      failures += 1
      // One look may meet a restart.
      if (failures !== 2) return
      const trouble = databaseTrouble(error) ?? ''
      const cause = withoutPassword((error as Error).message || trouble)
      say(`The metadata database cannot be used: ${cause}. ${FIXES[trouble] ?? OTHER_FIX}`)
    }
  }

  function say(text: string): void {
    log(text)
    untold = text
  }

  async function tell(): Promise<void> {
    if (untold === null || chat === null) return
    const text = `Terrace: ${untold}`
    const { kind } = await chat.telegram.send(chat.chatId, { text, isHtml: false }, stopping.signal)
    if (kind !== 'later') untold = null
  }

  const watching = (async () => {
    while (!stopping.signal.aborted) {
      await look()
      await tell()
      await delay(everyMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await watching
    },
  }
}
