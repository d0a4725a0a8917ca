// One owner of the engines per TERRACE_HOME. The lock is a file that names its owner; an owner that
// died without removing it has lost it.

import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { codeOf, EngineError } from './engine-error.ts'
import { isAlive, type ProcessIdentity, thisProcess } from './live-process.ts'

const identity = z.object({ pid: z.number(), start: z.string() })

/** The engines of this home belong to a process that lives. */
export class HomeTakenError extends EngineError {
  override name = 'HomeTakenError'
  readonly owner: ProcessIdentity
  constructor(home: string, owner: ProcessIdentity) {
    super(
      `The engines of ${home} are already run by pid ${owner.pid}. ` +
        'Stop that process first, or set TERRACE_HOME to another folder.',
    )
    this.owner = owner
  }
}

/**
 * Takes the lock and returns what releases it.
 *
 * @throws HomeTakenError while the owner lives.
 */
export function lockHome(home: string): () => void {
  const lock = lockFile(home)
  const own = `${lock}.${process.pid}`
  mkdirSync(home, { recursive: true })
  writeFileSync(own, JSON.stringify(thisProcess()), { mode: 0o600 })
  try {
    for (;;) {
      try {
        // A link appears whole or not at all, and never replaces another's.
        linkSync(own, lock)
        return () => {
          if (lockOwner(home)?.pid === process.pid) rmSync(lock, { force: true })
        }
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error
      }
      const owner = lockOwner(home)
      if (owner && isAlive(owner)) throw new HomeTakenError(home, owner)
      discard(lock, owner, `${own}.stale`)
    }
  } finally {
    unlinkSync(own)
  }
}

/** Who holds the lock, alive or not. */
export function lockOwner(home: string): ProcessIdentity | null {
  try {
    return identity.parse(JSON.parse(readFileSync(lockFile(home), 'utf8')))
  } catch {
    return null
  }
}

export function livingOwner(home: string): ProcessIdentity | null {
  const owner = lockOwner(home)
  return owner && isAlive(owner) ? owner : null
}

function lockFile(home: string): string {
  return join(home, 'engines.lock')
}

/** Moves a dead owner's lock away; one that another start took meanwhile is put back. */
function discard(lock: string, dead: ProcessIdentity | null, aside: string): void {
  try {
    renameSync(lock, aside)
    const moved = readFileSync(aside, 'utf8')
    if (dead && moved !== JSON.stringify(dead)) linkSync(aside, lock)
  } catch {
    // Another start was faster; the caller looks again.
  } finally {
    rmSync(aside, { force: true })
  }
}
