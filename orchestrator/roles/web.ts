// The role `web`: registers itself with a lease, serves the page and the API, and leaves in order.

import { attachEngines } from '../../connections/engines/attach-engines.ts'
import { EngineError } from '../../connections/engines/engine-error.ts'
import { inspectEngines } from '../../connections/engines/inspect-engines.ts'
import { portTaken } from '../../connections/engines/ports.ts'
import { aborted, listenForStop } from '../../connections/engines/stop-signals.ts'
import type { Environment } from '../../connections/environment.ts'
import { loginUrl } from '../../connections/logins/login-url.ts'
import { openPostgres } from '../../connections/postgres.ts'
import { hasUsers } from '../accounts/users.ts'
import { buildApp } from '../api/app.ts'
import { openProjectReads } from '../api/ui/project-reads.ts'
import { Page } from '../page/page.ts'
import { checkMetadata } from '../store/migrate.ts'
import { requirePostgres } from './control-plane-pool.ts'
import { holdLease } from './hold-lease.ts'
import { isHeld, logLine, untilReleased, untilStopped } from './role.ts'
import { waitForPostgres } from './wait-for-postgres.ts'

export interface WebOptions {
  /** Ends the role; SIGINT and SIGTERM do when it is left out. */
  signal?: AbortSignal
  /** Told where it listens. */
  onListening?: (url: string) => void
  log?: (line: string) => void
}

/** Runs until the signal. @throws EngineError that names TERRACE_WEB_PORT when the port is taken */
export async function runWeb(env: Environment, options: WebOptions = {}): Promise<void> {
  const log = options.log ?? logLine
  // With a signal of its own it is a part of somebody else's process.
  const signals = options.signal ? null : listenForStop()
  if (signals) await untilReleased(signals)
  const addresses = await attachEngines(env)
  await waitForPostgres(addresses.databaseUrl, { log, signal: signals?.asked ?? options.signal })
  if (signals?.asked.aborted) return signals.die()
  if (options.signal?.aborted) return
  const [databaseUrl, warehouseUrl] = await Promise.all([
    loginUrl(addresses.databaseUrl, 'metadata'),
    loginUrl(addresses.warehouseUrl, 'reader'),
  ])
  const pool = openPostgres(databaseUrl, {
    max: 5,
    application_name: 'terrace-web',
    connectionTimeoutMillis: 5_000,
    session: { statement_timeout: '30s' },
  })
  // Lists may take all connections of the one above; who watches and who logs in must still be answered.
  const urgentPool = openPostgres(databaseUrl, {
    max: 2,
    application_name: 'terrace-web-urgent',
    connectionTimeoutMillis: 5_000,
    session: { statement_timeout: '10s' },
  })
  try {
    await requirePostgres(pool, databaseUrl)
    await checkMetadata(pool)
    const page = new Page()
    const project = openProjectReads(
      { ...addresses, warehouseUrl },
      { folder: process.cwd(), currency: env.REPORTING_CURRENCY },
    )
    const app = buildApp({
      pool,
      urgentPool,
      host: env.TERRACE_WEB_HOST,
      pageUrl: env.TERRACE_PAGE_URL,
      inspectEngines: () => inspectEngines(env),
      page: () => page.state,
      project,
      onError: (error) => log(`error: ${error instanceof Error ? error.stack : error}`),
    })
    const url = await listen(app, env)
    const lease = await holdLease(urgentPool, env, { kind: 'web', detail: { url }, log })
    const stop = async () => {
      page.stop()
      await lease.release()
      await app.close()
      await project.close()
      await Promise.all([pool.end(), urgentPool.end()])
    }
    const told = options.onListening ?? (() => log(`The page and the API are at ${url}`))
    told(url)
    if (!isHeld && !(await hasUsers(pool))) {
      log('Nobody can log in yet. Make a user: terrace users create -u NAME -r admin')
    }
    void page.build(log)
    if (signals) return await untilStopped({ name: 'web', url, stop, async abandon() {} }, signals)
    if (options.signal) await aborted(options.signal)
    await stop()
  } finally {
    signals?.release()
    for (const one of [pool, urgentPool]) if (!one.ended) await one.end()
  }
}

async function listen(app: ReturnType<typeof buildApp>, env: Environment): Promise<string> {
  try {
    return await app.listen({ host: env.TERRACE_WEB_HOST, port: env.TERRACE_WEB_PORT })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    if (code === 'EADDRINUSE') {
      throw portTaken(env.TERRACE_WEB_PORT, 'The web server', 'TERRACE_WEB_PORT')
    }
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new EngineError(
        `The web server cannot listen on "${env.TERRACE_WEB_HOST}": it is no address of this machine. Correct TERRACE_WEB_HOST, or unset it for 127.0.0.1.`,
        { cause: error },
      )
    }
    throw error
  }
}
