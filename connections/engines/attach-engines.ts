// Finds the engines without starting any: variables first, then what another process runs.

import type { Environment } from '../environment.ts'
import { kafkaOptionsOf } from '../event-log/kafka-options.ts'
import { EngineError } from './engine-error.ts'
import { readEngineFile } from './engine-file.ts'
import { isAlive } from './live-process.ts'
import type { EngineAddresses } from './types.ts'

/** No variable names the engine and nothing runs it. */
export class EnginesNotRunningError extends EngineError {
  override name = 'EnginesNotRunningError'
}

/** @throws EnginesNotRunningError that says what to start or which variable to set. */
export async function attachEngines(env: Environment): Promise<EngineAddresses> {
  const file = readEngineFile(env.TERRACE_HOME)
  const running = file && isAlive(file.owner) ? file.addresses : null
  const databaseUrl = env.DATABASE_URL ?? running?.databaseUrl
  const clickhouseUrl = env.CLICKHOUSE_URL ?? running?.clickhouseUrl
  if (!databaseUrl || !clickhouseUrl) {
    const missing = [
      ...(databaseUrl ? [] : ['DATABASE_URL (Postgres)']),
      ...(clickhouseUrl ? [] : ['CLICKHOUSE_URL (ClickHouse)']),
    ].join(' and ')
    const left = file && !running ? ` Its last owner, pid ${file.owner.pid}, is gone.` : ''
    throw new EnginesNotRunningError(
      `No engines run in ${env.TERRACE_HOME}, and ${missing} ${missing.includes(' and ') ? 'are' : 'is'} not set.${left} ` +
        'Start them with `npx terrace engines` (or `npm start`), or set the variable to a server.',
    )
  }
  return {
    databaseUrl,
    warehouseUrl: env.WAREHOUSE_URL ?? env.DATABASE_URL ?? running?.warehouseUrl ?? databaseUrl,
    redisUrl: env.REDIS_URL ?? running?.redisUrl ?? null,
    kafkaBrokers: env.KAFKA_BROKERS ?? running?.kafkaBrokers ?? null,
    kafkaOptions: env.KAFKA_BROKERS ? kafkaOptionsOf(env) : running?.kafkaOptions,
    clickhouseUrl,
  }
}
