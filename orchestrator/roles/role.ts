// What every role does around its work: tells the parent when it is ready, ends after its drain when it
// is asked to, and ends within seconds when the parent is lost.

import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { endWithParent } from '../../connections/engines/end-with-parent.ts'
import { aborted, type StopSignals } from '../../connections/engines/stop-signals.ts'

const ABANDONED_WITHIN_MS = 1_000

export interface Role {
  name: string
  /** Where it listens, for the parent to tell. */
  url?: string
  /** Drains; the process ends when it resolves. */
  stop: () => Promise<void>
  /** The little that a second signal still lets it do. Without it, the second signal hurries `stop`. */
  abandon?: () => Promise<void>
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
export async function untilReleased(signals: StopSignals): Promise<void> {
  if (!isHeld) return
  const leave = () => process.exit(1)
  process.once('disconnect', leave)
  await Promise.race([once(process, 'message'), aborted(signals.asked)])
  process.off('disconnect', leave)
  // Nothing has been opened yet.
  if (signals.asked.aborted) await signals.die()
}

/** Ends the process when the role has been stopped: in order, or at once after a second signal. */
export async function untilStopped(role: Role, signals: StopSignals): Promise<never> {
  if (process.channel) endWithParent(() => process.exit(1))
  process.send?.({ type: 'ready', role: role.name, url: role.url })
  await aborted(signals.asked)
  const { abandon } = role
  const abandoned = aborted(signals.urged).then(() =>
    abandon ? Promise.race([abandon(), delay(ABANDONED_WITHIN_MS)]) : new Promise(() => {}),
  )
  await Promise.race([role.stop(), abandoned])
  if (signals.urged.aborted) await signals.die()
  // What user code left open (a timer, a socket) must not keep the process.
  process.exit(process.exitCode ?? 0)
}

/** Tells the parent of a lease: it sees this process end, and ends the lease then. */
export function tellLease(processId: string): void {
  process.send?.({ type: 'lease', processId })
}

/** A line of a role's own log. Standalone puts the role's name in front. */
export function logLine(line: string): void {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`)
}
