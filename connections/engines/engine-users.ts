// Commands that work on engines which another command runs only for its own time. The owner waits
// for them before it stops, so that two short commands at once do not cut each other off.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { isAlive, thisProcess } from './live-process.ts'

const identity = z.object({ pid: z.number(), start: z.string() })
const LOOK_EVERY_MS = 100

/** Says that this process uses the engines of the home; returns what takes it back. */
export function registerUser(home: string): () => void {
  const folder = usersFolder(home)
  const file = join(folder, `${process.pid}.json`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, JSON.stringify(thisProcess()))
  return () => rmSync(file, { force: true })
}

/** Resolves when no other living process uses the engines, or `signal` fires. */
export async function otherUsersGone(
  home: string,
  options: { log: (line: string) => void; signal: AbortSignal },
): Promise<void> {
  let told = false
  for (;;) {
    const others = livingUsers(home).filter((pid) => pid !== process.pid)
    if (others.length === 0 || options.signal.aborted) return
    if (!told) {
      told = true
      options.log(
        `Other commands use these engines (pid ${others.join(', ')}); they stop after them. ` +
          'Ctrl-C stops them now.',
      )
    }
    await delay(LOOK_EVERY_MS)
  }
}

function livingUsers(home: string): number[] {
  const folder = usersFolder(home)
  const pids: number[] = []
  for (const name of listed(folder).filter((entry) => entry.endsWith('.json'))) {
    const file = join(folder, name)
    try {
      const user = identity.parse(JSON.parse(readFileSync(file, 'utf8')))
      if (isAlive(user)) pids.push(user.pid)
      else rmSync(file, { force: true })
    } catch {
      // Removed meanwhile, or half written: the next look tells.
    }
  }
  return pids
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function usersFolder(home: string): string {
  return join(home, 'engine-users')
}
