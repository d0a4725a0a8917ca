// `terrace scheduler`: the scheduler and, beside it, the DAG processor, which parses the DAG folder in
// short-lived children and registers what it finds.

import { hostname } from 'node:os'
import { attachEngines } from '../../connections/engines/attach-engines.ts'
import { listenForStop, type StopSignals } from '../../connections/engines/stop-signals.ts'
import type { EngineAddresses } from '../../connections/engines/types.ts'
import type { Environment } from '../../connections/environment.ts'
import { openEventLog } from '../../connections/event-log/index.ts'
import { loginUrl } from '../../connections/logins/login-url.ts'
import type { Pool } from '../../connections/postgres.ts'
import { startAlertSender } from '../alerts/alert-sender.ts'
import { startDatabaseWatch } from '../alerts/database-watch.ts'
import { telegramChat } from '../alerts/telegram.ts'
import { type FolderWatch, watchFolder } from '../dag-processor/watch-folder.ts'
import { openTaskQueue } from '../queue/index.ts'
import { eventLogSource } from '../scheduler/event-log-source.ts'
import { startScheduler } from '../scheduler/scheduler.ts'
import { liveWebAddress } from '../store/processes.ts'
import { maskSecrets } from '../worker/secrets.ts'
import { openControlPlane } from './control-plane-pool.ts'
import { createTopics } from './create-topics.ts'
import { holdLease } from './hold-lease.ts'
import { folderRegistration } from './register-folder.ts'
import { logLine, tellLease, untilReleased, untilStopped } from './role.ts'
import { waitForPostgres } from './wait-for-postgres.ts'

export async function runScheduler(env: Environment): Promise<void> {
  const signals = listenForStop()
  const opening = untilReleased(signals).then(() => open(env, signals))
  // Reading the folder needs no database: in standalone it goes on while the engines start.
  const register = folderRegistration(logLine)
  const folder = watchFolder(env.TERRACE_DAGS_FOLDER, {
    onResult: async (result) => {
      const opened = await opening.catch(() => null)
      if (opened) await register(opened.pool, result)
    },
    onError: sayOnce((error) => `The DAG folder was not read: ${(error as Error).message}`),
  })
  try {
    await schedule(env, await opening, folder, signals)
  } catch (error) {
    signals.release()
    await folder.close()
    throw error
  }
}

interface Opened {
  addresses: EngineAddresses
  pool: Pool
}

async function open(env: Environment, signals: StopSignals): Promise<Opened> {
  const attached = await attachEngines(env)
  await waitForPostgres(attached.databaseUrl, { log: logLine, signal: signals.asked })
  if (signals.asked.aborted) await signals.die()
  const [databaseUrl, warehouseUrl] = await Promise.all([
    loginUrl(attached.databaseUrl, 'metadata'),
    // What watches a topic reads the event log.
    loginUrl(attached.warehouseUrl, 'reader'),
  ])
  const addresses = { ...attached, databaseUrl, warehouseUrl }
  return { addresses, pool: await openControlPlane(databaseUrl, 'terrace-scheduler') }
}

/** Resolves when the role has been stopped. */
async function schedule(
  env: Environment,
  { addresses, pool }: Opened,
  folder: FolderWatch,
  signals: StopSignals,
): Promise<void> {
  const queue = await openTaskQueue({
    databaseUrl: addresses.databaseUrl,
    redisUrl: addresses.redisUrl ?? undefined,
  })
  const eventLog = openEventLog(addresses)
  const ending = new AbortController()
  void createTopics(eventLog, { log: logLine, signal: ending.signal })
  const processor = await holdLease(pool, env, {
    kind: 'dag_processor',
    detail: { folder: env.TERRACE_DAGS_FOLDER },
    log: logLine,
  })
  const scheduler = await startScheduler({
    pool,
    databaseUrl: addresses.databaseUrl,
    queue,
    hostname: env.TERRACE_HOSTNAME ?? hostname(),
    assetSource: eventLogSource(eventLog),
    retentionDays: env.TERRACE_RETENTION_DAYS,
    leaseSeconds: env.TERRACE_LEASE_SECONDS,
    onRegistered: tellLease,
    log: logLine,
  })
  const chat = telegramChat(env)
  const databaseWatch = startDatabaseWatch({ pool, chat, log: logLine })
  const alerts = startAlertSender({
    pool,
    chat,
    pageUrl: async () => env.TERRACE_PAGE_URL ?? (await liveWebAddress(pool)),
    mask: maskSecrets({ ...process.env, ...textsOf(env), DATABASE_URL: addresses.databaseUrl }),
    log: logLine,
  })
  await untilStopped(
    {
      name: 'scheduler',
      async stop() {
        await folder.close()
        await processor.release()
        ending.abort()
        await scheduler.stop()
        await Promise.all([alerts.stop(), databaseWatch.stop()])
        await Promise.all([queue.close(), eventLog.close()])
        await pool.end()
      },
      async abandon() {},
    },
    signals,
  )
}

/** `.env` is no part of the process' environment, and may hold secrets all the same. */
function textsOf(env: Environment): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value]] : [],
    ),
  )
}

/** Says a message when it differs from the last one: a scan comes every few seconds. */
function sayOnce(message: (error: unknown) => string): (error: unknown) => void {
  let said = ''
  return (error) => {
    const line = message(error)
    if (line !== said) logLine(line)
    said = line
  }
}
