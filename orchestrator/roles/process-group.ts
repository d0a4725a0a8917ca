// A role leads a process group of its own, and what its tasks start belongs to it. A role that has
// ended, however, takes that along: `Stopped.` means that nothing of it runs any more.

import { setTimeout as delay } from 'node:timers/promises'

const GONE_WITHIN_MS = 1_000
const LOOK_EVERY_MS = 20

/** Ends what is left of a group whose leader has ended. */
export async function endGroup(leader: number): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!send(leader, signal)) return
    const giveUpAt = performance.now() + GONE_WITHIN_MS
    while (send(leader, 0) && performance.now() < giveUpAt) await delay(LOOK_EVERY_MS)
  }
}

/** The leader too, in the middle of whatever it does. */
export function killGroup(leader: number): void {
  send(leader, 'SIGKILL')
}

/** False when the group has no process. */
function send(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-leader, signal)
    return true
  } catch {
    return false
  }
}
