// A Metabase that was just started makes its own tables first, which takes a minute or two.

import { z } from 'zod'
import type { MetabaseClient } from './client.ts'
import { MetabaseError } from './metabase-error.ts'

const LOOK_EVERY_MS = 1_000
const starting = z.object({ progress: z.number().min(0).max(1) })

export interface Waiting {
  seconds: number
  say: (line: string) => void
  now: () => number
  sleep: (milliseconds: number) => Promise<unknown>
}

/** Resolves when Metabase answers; says how far it is. @throws MetabaseError when the time is up */
export async function waitUntilUp(metabase: MetabaseClient, waiting: Waiting): Promise<void> {
  const giveUpAt = waiting.now() + waiting.seconds * 1_000
  let said = ''
  for (;;) {
    const state = await stateOf(metabase)
    if (state === 'up') return
    if (waiting.now() >= giveUpAt) {
      throw new MetabaseError(
        `Metabase at ${metabase.url} was not up within ${waiting.seconds} s: ${state} Look into its ` +
          'log, or wait longer with --wait.',
      )
    }
    if (state !== said) waiting.say(state)
    said = state
    await waiting.sleep(LOOK_EVERY_MS)
  }
}

async function stateOf(metabase: MetabaseClient): Promise<string> {
  try {
    const { status, body } = await metabase.ask('GET', '/api/health')
    if (status === 200) return 'up'
    const { data } = starting.safeParse(body)
    if (data) return `Metabase is starting, ${Math.round(data.progress * 100)} %.`
    return `Metabase is starting (status ${status}).`
  } catch (error) {
    return `Metabase does not answer yet: ${(error as Error).message}`
  }
}
