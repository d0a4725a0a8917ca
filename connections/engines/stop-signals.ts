// How a person or a supervisor tells a long-running command to end: SIGINT, SIGTERM or SIGHUP.
//
// One Ctrl-C under npm is two signals, since npm passes on what the terminal has told its child already.
// So a signal asks, what follows within a moment is part of the same wish, and a later one urges.

import { constants } from 'node:os'
import { watchLauncher } from './launcher.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type StopSignal = (typeof SIGNALS)[number]

const SAME_WISH_MS = 1_500
/** The first process of a container outlives a signal that it does not handle. */
const DEAD_WITHIN_MS = 500

export interface StopSignals {
  /** Aborted by the first signal, and when the npm that started the command is gone. */
  readonly asked: AbortSignal
  /** Aborted by the next one: whoever sends it does not want to wait. One more ends the process. */
  readonly urged: AbortSignal
  /** Ends this process as the first signal would have, so that a shell and npm see what happened. */
  die(): Promise<never>
  /** From here on the signals end the process again. */
  release(): void
}

export function listenForStop(now: () => number = () => performance.now()): StopSignals {
  const asked = new AbortController()
  const urged = new AbortController()
  let by: StopSignal = 'SIGTERM'
  let lastWish = Number.NEGATIVE_INFINITY

  const onSignal = (signal: StopSignal) => {
    if (now() - lastWish < SAME_WISH_MS) return
    lastWish = now()
    if (!asked.signal.aborted) {
      by = signal
      asked.abort()
    } else if (!urged.signal.aborted) urged.abort()
    else void die()
  }
  const launcher = watchLauncher(() => {
    if (!asked.signal.aborted) onSignal('SIGTERM')
  })
  const release = () => {
    launcher.stop()
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
  const die = async () => {
    release()
    process.kill(process.pid, by)
    return new Promise<never>(() => {
      setTimeout(() => process.exit(128 + constants.signals[by]), DEAD_WITHIN_MS)
    })
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  return { asked: asked.signal, urged: urged.signal, die, release }
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
