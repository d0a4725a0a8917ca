// Starts every engine that no variable replaces and tells the other processes where they are.
// No signal is hooked here: who calls decides when `stop` comes, after its own drain. An owner that
// dies without it takes its engines along (end-with-parent.ts, postgres-watchdog.ts).

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '../environment.ts'
import { kafkaOptionsOf } from '../event-log/kafka-options.ts'
import { isProject } from '../project-folder.ts'
import { type EmbeddedClickHouse, startEmbeddedClickHouse } from './embedded-clickhouse.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { engineFolder } from './engine-account.ts'
import { EngineError } from './engine-error.ts'
import { removeEngineFile, writeEngineFile } from './engine-file.ts'
import { lockHome } from './home-lock.ts'
import { inspectAddresses } from './inspect-engines.ts'
import { thisProcess } from './live-process.ts'
import { requireFreePorts, type WantedPort } from './ports.ts'
import type { EngineAddresses, RunningEngines } from './types.ts'

export interface StartOptions {
  log?: (line: string) => void
  /** Postgres settings instead of ours, such as `{ fsync: 'off' }` in tests. */
  postgresSettings?: Record<string, string>
  /** Ports that the caller will need beside those of the engines. */
  otherPorts?: WantedPort[]
}

/** @throws HomeTakenError while another process runs the engines of this home. */
export async function startEngines(
  env: Environment,
  options: StartOptions = {},
): Promise<RunningEngines> {
  const log = options.log ?? (() => {})
  const home = env.TERRACE_HOME
  requireProject(home)
  const unlock = lockHome(home)
  let postgres: EmbeddedPostgres | null = null
  let clickhouse: EmbeddedClickHouse | null = null
  let stopping: Promise<void> | undefined
  let isStarted = false
  /** Where the engines are, and which processes they are now. */
  const tell = () => {
    if (!isStarted || stopping) return
    writeEngineFile(home, {
      owner: thisProcess(),
      pids: {
        ...(postgres && { postgres: postgres.pid() }),
        ...(clickhouse && { clickhouse: clickhouse.pid() }),
      },
      addresses: addressesOf(env, postgres?.url, clickhouse?.url),
    })
  }
  const stop = (urged?: AbortSignal) => {
    stopping ??= (async () => {
      removeEngineFile(home)
      try {
        await clickhouse?.stop(urged)
      } finally {
        await postgres?.stop(urged)
        unlock()
      }
    })()
    return stopping
  }
  try {
    await requireFreePorts([...enginePorts(env), ...(options.otherPorts ?? [])], (pid) =>
      leftEngines(home).includes(pid),
    )
    // Both at once: neither needs the other to start.
    const started = await Promise.allSettled([
      env.DATABASE_URL
        ? null
        : startEmbeddedPostgres({
            home,
            port: env.TERRACE_POSTGRES_PORT,
            settings: options.postgresSettings ?? {},
            log,
            onRestart: tell,
          }).then((running) => {
            postgres = running
            return running
          }),
      env.CLICKHOUSE_URL
        ? null
        : startEmbeddedClickHouse({
            home,
            port: env.TERRACE_CLICKHOUSE_PORT,
            log,
            onRestart: tell,
          }).then((running) => {
            clickhouse = running
            return running
          }),
    ])
    const failed = started.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
    const [database, marts] = started.map((result) =>
      result.status === 'fulfilled' ? result.value : null,
    )
    const addresses = addressesOf(env, database?.url, marts?.url)
    isStarted = true
    tell()
    return { addresses, reports: await inspectAddresses(env, addresses), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** @throws EngineError in a folder of no project, where the engines would begin with nothing. */
function requireProject(home: string): void {
  const here = process.cwd()
  if (home !== join(here, '.terrace') || existsSync(home) || isProject(here)) return
  throw new EngineError(
    `There is no Terrace project in ${here} or above it, so no engines are started here. Change to the ` +
      "project's folder, begin a project here with `npx terrace init`, or set TERRACE_HOME to the folder " +
      'for the data.',
  )
}

function enginePorts(env: Environment): WantedPort[] {
  return [
    {
      port: env.DATABASE_URL ? 0 : (env.TERRACE_POSTGRES_PORT ?? 0),
      what: 'Embedded Postgres',
      variable: 'TERRACE_POSTGRES_PORT',
    },
    {
      port: env.CLICKHOUSE_URL ? 0 : env.TERRACE_CLICKHOUSE_PORT,
      what: 'Embedded ClickHouse',
      variable: 'TERRACE_CLICKHOUSE_PORT',
    },
  ].filter(({ port }) => port !== 0)
}

/** Engines of this home whose owner was killed: the start adopts or ends them. */
function leftEngines(home: string): number[] {
  const files = [
    join(engineFolder(home, 'postgres'), 'data', 'postmaster.pid'),
    join(home, 'clickhouse', 'front.pid'),
  ]
  return files
    .filter((file) => existsSync(file))
    .map((file) => Number.parseInt(readFileSync(file, 'utf8'), 10))
}

function addressesOf(
  env: Environment,
  embeddedPostgres: string | undefined,
  embeddedClickHouse: string | undefined,
): EngineAddresses {
  const databaseUrl = env.DATABASE_URL ?? embeddedPostgres ?? ''
  return {
    databaseUrl,
    warehouseUrl: env.WAREHOUSE_URL ?? databaseUrl,
    redisUrl: env.REDIS_URL ?? null,
    kafkaBrokers: env.KAFKA_BROKERS ?? null,
    ...(env.KAFKA_BROKERS && { kafkaOptions: kafkaOptionsOf(env) }),
    clickhouseUrl: env.CLICKHOUSE_URL ?? embeddedClickHouse ?? '',
  }
}
