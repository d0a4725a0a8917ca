// Starts every engine that no variable replaces and tells the other processes where they are.
// No signal is hooked here: who calls decides when `stop` comes, after its own drain. An owner that
// dies without it takes its engines along (end-with-parent.ts, postgres-watchdog.ts).

import type { Environment } from '../environment.ts'
import { kafkaOptionsOf } from '../event-log/kafka-options.ts'
import { type EmbeddedClickHouse, startEmbeddedClickHouse } from './embedded-clickhouse.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { removeEngineFile, writeEngineFile } from './engine-file.ts'
import { lockHome } from './home-lock.ts'
import { inspectAddresses } from './inspect-engines.ts'
import { thisProcess } from './live-process.ts'
import type { EngineAddresses, RunningEngines } from './types.ts'

export interface StartOptions {
  log?: (line: string) => void
  /** Postgres settings instead of ours, such as `{ fsync: 'off' }` in tests. */
  postgresSettings?: Record<string, string>
}

/** @throws HomeTakenError while another process runs the engines of this home. */
export async function startEngines(
  env: Environment,
  options: StartOptions = {},
): Promise<RunningEngines> {
  const log = options.log ?? (() => {})
  const home = env.TERRACE_HOME
  const unlock = lockHome(home)
  let postgres: EmbeddedPostgres | null = null
  let clickhouse: EmbeddedClickHouse | null = null
  let stopping: Promise<void> | undefined
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
    // Both at once: neither needs the other to start.
    const started = await Promise.allSettled([
      env.DATABASE_URL
        ? null
        : startEmbeddedPostgres({
            home,
            port: env.TERRACE_POSTGRES_PORT,
            settings: options.postgresSettings ?? {},
            log,
          }).then((running) => {
            postgres = running
            return running
          }),
      env.CLICKHOUSE_URL
        ? null
        : startEmbeddedClickHouse({ home, port: env.TERRACE_CLICKHOUSE_PORT, log }).then(
            (running) => {
              clickhouse = running
              return running
            },
          ),
    ])
    const failed = started.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
    const [database, marts] = started.map((result) =>
      result.status === 'fulfilled' ? result.value : null,
    )
    const addresses = addressesOf(env, database?.url, marts?.url)
    writeEngineFile(home, {
      owner: thisProcess(),
      pids: {
        ...(database && { postgres: database.pid() }),
        ...(marts && { clickhouse: marts.pid() }),
      },
      addresses,
    })
    return { addresses, reports: await inspectAddresses(env, addresses), stop }
  } catch (error) {
    await stop()
    throw error
  }
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
