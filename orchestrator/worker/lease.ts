// The worker's own row and lease. A lapsed lease is never renewed: what was running under it is
// aborted, and the worker registers under a new id.

import type { Pool } from '../../connections/postgres.ts'
import { LEASE_SECONDS, leaseRenewalMs, registerProcess, renewLease } from '../store/processes.ts'
import type { Presence } from './presence.ts'
import type { WorkerLog } from './worker-log.ts'

export interface LeaseOptions {
  pool: Pool
  log: WorkerLog
  register: Omit<Parameters<typeof registerProcess>[1], 'kind'>
  /** Called before the worker has its new id. */
  onLapsed(): void
  /** Told every id under which it registers. */
  onRegistered?: ((processId: string) => void) | undefined
  presence?: Presence | undefined
  renewEveryMs?: number
}

export interface Lease {
  /** Changes when a lease has lapsed. */
  readonly processId: string
  /** Renews at once, out of turn. */
  renew(): Promise<void>
  stop(): void
}

export async function takeLease(options: LeaseOptions): Promise<Lease> {
  const { pool, log, presence } = options
  const { leaseSeconds = LEASE_SECONDS } = options.register
  let renewedAt = 0
  let lapsed = false
  const register = async () => {
    const askedAt = performance.now()
    const id = await registerProcess(pool, { kind: 'worker', ...options.register })
    renewedAt = askedAt
    lapsed = false
    options.onRegistered?.(id)
    await presence?.hold(id)
    return id
  }
  let processId = await register()
  let stopped = false
  let renewing: Promise<void> | undefined

  function lapse(): void {
    if (lapsed) return
    lapsed = true
    log('error', `The lease of worker ${processId} lapsed: its tasks are aborted here`)
    options.onLapsed()
  }
  const askToRenew = () =>
    presence ? presence.renew(leaseSeconds, pool) : renewLease(pool, processId, leaseSeconds)
  async function renewOnce(): Promise<void> {
    try {
      const askedAt = performance.now()
      const renewed = !lapsed && (await askToRenew())
      // An answer that comes after the worker has given the lease up changes nothing.
      if (renewed && !lapsed) {
        renewedAt = askedAt
        return
      }
      if (stopped) return
      lapse()
      processId = await register()
      log('info', `Registered again as ${processId}`)
    } catch (error) {
      log('warning', `The lease could not be renewed: ${messageOf(error)}`)
    }
  }
  function renew(): Promise<void> {
    renewing ??= renewOnce().finally(() => {
      renewing = undefined
    })
    return renewing
  }
  const timer = setInterval(() => {
    // Nobody may be there to say that the lease is over.
    if (performance.now() - renewedAt >= leaseSeconds * 1000) lapse()
    void renew()
  }, options.renewEveryMs ?? leaseRenewalMs(leaseSeconds))
  return {
    get processId() {
      return processId
    },
    renew,
    stop() {
      stopped = true
      clearInterval(timer)
    },
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
