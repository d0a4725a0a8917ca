// What every role does around its work: tells the parent when it is ready, ends on SIGINT and SIGTERM
// after its drain, and ends within seconds when the parent is lost.

import { once } from 'node:events'
import { endWithParent } from '../../connections/engines/end-with-parent.ts'

export interface Role {
  name: string
  /** Where it listens, for the parent to tell. */
  url?: string
  /** Drains; the process ends when it resolves. */
  stop: () => Promise<void>
}

/** Set by a parent that starts a role ahead of the engines. */
export const HELD = 'TERRACE_ROLE_IS_HELD'
/** True for a child of `standalone`, which speaks to the person at the terminal itself. */
export const isHeld = process.env[HELD] !== undefined && process.channel !== undefined
// What tasks start is not held.
delete process.env[HELD]

/**
 * Where a role waits that was started ahead of the engines: it has loaded its code meanwhile. Resolves
 * at the parent's word, and at once for a role that was started by itself.
 */
export async function untilReleased(): Promise<void> {
  if (!isHeld) return
  const leave = () => process.exit(1)
  process.once('disconnect', leave)
  await once(process, 'message')
  process.off('disconnect', leave)
}

/** Resolves when the role has been stopped. A second signal ends the process at once. */
export async function untilStopped(role: Role): Promise<void> {
  const forced = () => process.exit(130)
  await new Promise<void>((resolve) => {
    const stop = () => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
        process.off(signal, stop)
        process.on(signal, forced)
      }
      resolve()
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
    if (process.channel) endWithParent(() => process.exit(1))
    process.send?.({ type: 'ready', role: role.name, url: role.url })
  })
  await role.stop()
  // What user code left open (a timer, a socket) must not keep the process.
  process.exit(process.exitCode ?? 0)
}

/** A line of a role's own log. Standalone puts the role's name in front. */
export function logLine(line: string): void {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`)
}
