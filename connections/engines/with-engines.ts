// For commands that need the engines for a moment: uses those that run, else runs them meanwhile.

import { setTimeout as delay } from 'node:timers/promises'
import type { Environment } from '../environment.ts'
import { attachEngines, EnginesNotRunningError } from './attach-engines.ts'
import { otherUsersGone, registerUser } from './engine-users.ts'
import { HomeTakenError, livingOwner } from './home-lock.ts'
import { type StartOptions, startEngines } from './start-engines.ts'
import { aborted, listenForStop, type StopSignals } from './stop-signals.ts'
import type { EngineAddresses, RunningEngines } from './types.ts'

const OTHER_STARTS_WITHIN_MS = 60_000

export async function withEngines<T>(
  env: Environment,
  work: (addresses: EngineAddresses) => Promise<T>,
  options: StartOptions & {
    /** The work listens for signals and ends by itself: its engines wait for it, up to a second signal. */
    endsItself?: boolean
  } = {},
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
  const { signals } = attached
  const taken = options.endsItself === true ? signals.urged : signals.asked
  // A command has no drain of its own: it ends as the signal would have ended it, after its engines.
  const interrupted = aborted(taken).then(async () => {
    await attached.stop(signals.urged).catch(() => {})
    return signals.die()
  })
  try {
    return await Promise.race([work(attached.addresses), interrupted])
  } finally {
    // What the work says of engines that were taken from it is no news.
    if (taken.aborted) await interrupted
    await otherUsersGone(env.TERRACE_HOME, {
      log: options.log ?? (() => {}),
      signal: signals.asked,
    })
    await attached.stop(signals.urged)
    signals.release()
  }
}

type OwnEngines = RunningEngines & { signals: StopSignals }

async function startOwn(env: Environment, options: StartOptions): Promise<OwnEngines> {
  const signals = listenForStop()
  try {
    return { ...(await startEngines(env, options)), signals }
  } catch (error) {
    if (signals.asked.aborted) await signals.die()
    signals.release()
    throw error
  }
}

async function attachOrStart(
  env: Environment,
  options: StartOptions,
): Promise<EngineAddresses | OwnEngines> {
  const giveUpAt = performance.now() + OTHER_STARTS_WITHIN_MS
  for (;;) {
    try {
      return await attachEngines(env)
    } catch (error) {
      if (!(error instanceof EnginesNotRunningError)) throw error
    }
    try {
      return await startOwn(env, options)
    } catch (error) {
      // Another process is between its lock and its first answer, or about to end.
      if (!(error instanceof HomeTakenError) || performance.now() > giveUpAt) throw error
      await delay(100)
    }
  }
}
