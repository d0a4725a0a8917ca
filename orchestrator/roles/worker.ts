// `terrace worker`: serves queues until it is told to stop. On SIGTERM it takes nothing new, lets its
// tasks finish within a limit and gives the rest back.

import { hostname } from 'node:os'
import { attachEngines } from '../../connections/engines/attach-engines.ts'
import { listenForStop } from '../../connections/engines/stop-signals.ts'
import type { Environment } from '../../connections/environment.ts'
import { loginUrl } from '../../connections/logins/login-url.ts'
import { openTaskQueue } from '../queue/index.ts'
import { endAtOnce } from '../store/processes.ts'
import { versionOfTerrace } from '../version.ts'
import { openPresence } from '../worker/presence.ts'
import { openRunners, startWorker } from '../worker/start-worker.ts'
import { openControlPlane } from './control-plane-pool.ts'
import { logLine, tellLease, untilReleased, untilStopped } from './role.ts'
import { waitForPostgres } from './wait-for-postgres.ts'

export interface WorkerRoleOptions {
  queues: string[]
  /** Tasks at the same time. */
  concurrency: number
}

export async function runWorker(env: Environment, options: WorkerRoleOptions): Promise<void> {
  const signals = listenForStop()
  const { concurrency } = options
  const runners = openRunners({
    dagsFolder: env.TERRACE_DAGS_FOLDER,
    concurrency,
    log: (_level, message) => logLine(message),
  })
  await untilReleased(signals)
  const addresses = await attachEngines(env)
  await waitForPostgres(addresses.databaseUrl, { log: logLine, signal: signals.asked })
  if (signals.asked.aborted) await signals.die()
  const databaseUrl = await loginUrl(addresses.databaseUrl, 'metadata')
  const pool = await openControlPlane(databaseUrl, 'terrace-worker')
  const queue = await openTaskQueue({
    databaseUrl,
    redisUrl: addresses.redisUrl ?? undefined,
  })
  const presence = await openPresence(databaseUrl)
  const worker = await startWorker({
    pool,
    presence,
    onRegistered: tellLease,
    queue,
    dagsFolder: env.TERRACE_DAGS_FOLDER,
    queues: options.queues,
    concurrency,
    runners,
    hostname: env.TERRACE_HOSTNAME ?? hostname(),
    version: versionOfTerrace(),
    leaseSeconds: env.TERRACE_LEASE_SECONDS,
    log: (level, message) => logLine(level === 'info' ? message : `${level}: ${message}`),
  })
  await untilStopped(
    {
      name: 'worker',
      async stop() {
        await worker.drain()
        await presence.close()
        await queue.close()
        await pool.end()
      },
      // Others take its tasks without waiting for its lease to run out.
      abandon: () => endAtOnce(pool, [worker.processId]).catch(() => {}),
    },
    signals,
  )
}
