// What `terrace produce` writes to: the event log and raw, as the account that lands messages. A named
// server is used, else the running engines, else embedded ones that are started for as long as it takes.

import { withEngines } from '../../connections/engines/index.ts'
import { type Environment, loadEnvironment } from '../../connections/environment.ts'
import { openEventLog } from '../../connections/event-log/index.ts'
import { kafkaOptionsOf } from '../../connections/event-log/kafka-options.ts'
import { loginUrl } from '../../connections/logins/login-url.ts'
import { openPostgres } from '../../connections/postgres.ts'
import { actorOfCli, CommandError } from '../../orchestrator/cli/commands.ts'
import type { Sender } from '../produce/sending/produce-file.ts'

type Addresses = Parameters<typeof openEventLog>[0]

export async function withSender<T>(work: (sender: Sender) => Promise<T>): Promise<T> {
  const env = loadEnvironment()
  const open = (addresses: Addresses) => withLog(addresses, work)
  const named = namedServers(env)
  return named === null ? withEngines(env, open, { endsItself: true }) : open(named)
}

/** Needs no ClickHouse: where a variable names the warehouse, no engine is started for the command. */
function namedServers(env: Environment): Addresses | null {
  const warehouseUrl = env.WAREHOUSE_URL ?? env.DATABASE_URL
  if (warehouseUrl === undefined) return null
  return {
    databaseUrl: warehouseUrl,
    warehouseUrl,
    redisUrl: null,
    kafkaBrokers: env.KAFKA_BROKERS ?? null,
    kafkaOptions: env.KAFKA_BROKERS ? kafkaOptionsOf(env) : undefined,
    clickhouseUrl: '',
  }
}

async function withLog<T>(addresses: Addresses, work: (sender: Sender) => Promise<T>): Promise<T> {
  const url = await loginUrl(addresses.warehouseUrl, 'raw')
  const pool = openPostgres(url, { max: 4, connectionTimeoutMillis: 10_000 })
  const eventLog = openEventLog({ ...addresses, warehouseUrl: url })
  try {
    await requireTables(pool)
    return await work({ eventLog, pool, sentBy: actorOfCli() })
  } finally {
    await eventLog.close()
    await pool.end()
  }
}

async function requireTables(pool: ReturnType<typeof openPostgres>): Promise<void> {
  let isThere: boolean
  try {
    const { rows } = await pool.query<{ is_there: boolean }>(
      `select to_regclass('raw.produced_file') is not null as is_there`,
    )
    isThere = rows[0]!.is_there
  } catch (error) {
    throw new CommandError(
      `The warehouse cannot be used: ${error instanceof Error ? error.message : error}. Start its server, or ` +
        'correct WAREHOUSE_URL or DATABASE_URL. `terrace doctor` looks at each.',
      { cause: error },
    )
  }
  if (isThere) return
  throw new CommandError(
    'The warehouse has no table for produced files. Run `terrace db migrate`, or `terrace standalone`, which migrates by itself.',
  )
}
