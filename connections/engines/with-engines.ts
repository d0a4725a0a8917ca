// For commands that need the engines for a moment: uses those that run, else runs them meanwhile.

import { setTimeout as delay } from 'node:timers/promises'
import type { Environment } from '../environment.ts'
import { attachEngines, EnginesNotRunningError } from './attach-engines.ts'
import { otherUsersGone, registerUser } from './engine-users.ts'
import { HomeTakenError, livingOwner } from './home-lock.ts'
import { type StartOptions, startEngines } from './start-engines.ts'
import type { EngineAddresses, RunningEngines } from './types.ts'

const OTHER_STARTS_WITHIN_MS = 60_000

export async function withEngines<T>(
  env: Environment,
  work: (addresses: EngineAddresses) => Promise<T>,
  options: StartOptions = {},
): Promise<T> {
  const attached = await attachOrStart(env, options)
  if (!('stop' in attached)) {
    // Engines that only variables name have no owner who would wait.
    const leave = livingOwner(env.TERRACE_HOME) ? registerUser(env.TERRACE_HOME) : () => {}
    try {
      return await work(attached)
    } finally {
      leave()
    }
  }
  const interrupted = new AbortController()
  const release = stopOnSignals({
    ...attached,
    stop() {
      interrupted.abort()
      return attached.stop()
    },
  })
  try {
    return await work(attached.addresses)
  } finally {
    await otherUsersGone(env.TERRACE_HOME, {
      log: options.log ?? (() => {}),
      signal: interrupted.signal,
    })
    await attached.stop()
    release()
  }
}

/**
 * SIGINT, SIGTERM and SIGHUP stop the engines and then end the process as the signal would have.
 * For commands without a drain of their own. Returns what takes the handlers off again.
 */
export function stopOnSignals(engines: RunningEngines): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const onSignal = async (signal: NodeJS.Signals) => {
    await engines.stop().catch(() => {})
    release()
    process.kill(process.pid, signal)
  }
  const release = () => {
    for (const signal of signals) process.off(signal, onSignal)
  }
  for (const signal of signals) process.on(signal, onSignal)
  return release
}

async function attachOrStart(
  env: Environment,
  options: StartOptions,
): Promise<EngineAddresses | RunningEngines> {
  const giveUpAt = performance.now() + OTHER_STARTS_WITHIN_MS
  for (;;) {
    try {
      return await attachEngines(env)
    } catch (error) {
      if (!(error instanceof EnginesNotRunningError)) throw error
    }
    try {
      return await startEngines(env, options)
    } catch (error) {
      // Another process is between its lock and its first answer, or about to end.
      if (!(error instanceof HomeTakenError) || performance.now() > giveUpAt) throw error
      await delay(100)
    }
  }
}
