// The row and lease of a process on which nothing hangs but that people see it alive: a web server, a
// DAG processor. A lease that lapsed is replaced.

import { hostname } from 'node:os'
import type { Environment } from '../../connections/environment.ts'
import type { Pool } from '../../connections/postgres.ts'
import {
  endProcess,
  leaseRenewalMs,
  type ProcessKind,
  registerProcess,
  renewLease,
} from '../store/processes.ts'
import { versionOfTerrace } from '../version.ts'
import { tellLease } from './role.ts'

export interface HeldLease {
  /** Ends the row as stopped. */
  release(): Promise<void>
}

export async function holdLease(
  pool: Pool,
  env: Environment,
  about: { kind: ProcessKind; detail?: Record<string, unknown>; log: (line: string) => void },
): Promise<HeldLease> {
  const register = async () => {
    const processId = await registerProcess(pool, {
      kind: about.kind,
      hostname: env.TERRACE_HOSTNAME ?? hostname(),
      pid: process.pid,
      version: versionOfTerrace(),
      detail: about.detail ?? {},
      leaseSeconds: env.TERRACE_LEASE_SECONDS,
    })
    tellLease(processId)
    return processId
  }
  let id = await register()
  let renewal: Promise<void> = Promise.resolve()
  const renew = async () => {
    try {
      if (!(await renewLease(pool, id, env.TERRACE_LEASE_SECONDS))) id = await register()
    } catch (error) {
      about.log(`warning: the lease was not renewed: ${(error as Error).message}`)
    }
  }
  const timer = setInterval(() => {
    renewal = renewal.then(renew)
  }, leaseRenewalMs(env.TERRACE_LEASE_SECONDS))
  return {
    async release() {
      clearInterval(timer)
      await renewal
      await endProcess(pool, id).catch(() => {})
    },
  }
}
