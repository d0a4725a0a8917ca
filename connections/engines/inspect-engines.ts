// What answers where: one report per engine, for the banner and `terrace doctor`. Asks with short
// timeouts, never throws for an engine that does not answer, and shows no password. A client is loaded
// when its engine is asked: every command comes by here, and few installations have them all.

import { join } from 'node:path'
import { Client } from 'pg'
import { type Environment, withoutPassword } from '../environment.ts'
import { connectKafka, describeSecurity } from '../event-log/connect-kafka.ts'
import { nameKafkaError } from '../event-log/kafka-errors.ts'
import { type KafkaOptions, kafkaOptionsOf, PLAIN_KAFKA } from '../event-log/kafka-options.ts'
import { findLogin, loginUrl } from '../logins/login-url.ts'
import { METADATA_PURPOSES, type Purpose, WAREHOUSE_PURPOSES } from '../logins/purposes.ts'
import { tlsAdvice } from '../postgres-tls.ts'
import { refuseTransactionPooler, TransactionPoolerError } from '../transaction-pooler.ts'
import { attachEngines, EnginesNotRunningError } from './attach-engines.ts'
import { engineFolder } from './engine-account.ts'
import { messageOf } from './engine-error.ts'
import type { EngineAddresses, EngineReport, EngineRole } from './types.ts'

const ANSWER_WITHIN_MS = 3_000
const OLDEST_POSTGRES = 15

/** Reports on the engines that the variables name or that run in TERRACE_HOME. */
export async function inspectEngines(env: Environment): Promise<EngineReport[]> {
  try {
    return await inspectAddresses(env, await attachEngines(env))
  } catch (error) {
    if (!(error instanceof EnginesNotRunningError)) throw error
    return inspectAddresses(env, {
      databaseUrl: env.DATABASE_URL ?? '',
      warehouseUrl: env.WAREHOUSE_URL ?? env.DATABASE_URL ?? '',
      redisUrl: env.REDIS_URL ?? null,
      kafkaBrokers: env.KAFKA_BROKERS ?? null,
      kafkaOptions: kafkaOptionsOf(env),
      clickhouseUrl: env.CLICKHOUSE_URL ?? '',
    })
  }
}

export async function inspectAddresses(
  env: Environment,
  addresses: EngineAddresses,
): Promise<EngineReport[]> {
  const database = sourceOf(env, 'DATABASE_URL')
  const warehouse = env.WAREHOUSE_URL ? 'WAREHOUSE_URL' : database
  return Promise.all([
    report('postgres', database, addresses.databaseUrl, (url) =>
      serverVersion(url, 'metadata', database),
    )
      .then((answer) => withFolder(answer, env.TERRACE_HOME, 'postgres'))
      .then((answer) => withLogins(answer, addresses.databaseUrl, METADATA_PURPOSES)),
    report('warehouse', warehouse, addresses.warehouseUrl, (url) =>
      serverVersion(url, 'reader', warehouse),
    ).then((answer) => withLogins(answer, addresses.warehouseUrl, WAREHOUSE_PURPOSES)),
    addresses.redisUrl
      ? report('queue', 'REDIS_URL', addresses.redisUrl, redisVersion)
      : report('queue', database, addresses.databaseUrl, async (url) => {
          return `BullMQ on ${await postgresVersion(url, 'metadata')}`
        }),
    addresses.kafkaBrokers
      ? report('event_log', 'KAFKA_BROKERS', addresses.kafkaBrokers.join(','), (brokers) =>
          kafkaVersion(brokers.split(','), addresses.kafkaOptions ?? PLAIN_KAFKA),
        )
      : report('event_log', warehouse, addresses.warehouseUrl, async (url) => {
          return `table in ${await postgresVersion(url, 'reader')}`
        }),
    report('clickhouse', sourceOf(env, 'CLICKHOUSE_URL'), addresses.clickhouseUrl, (url) =>
      clickhouseVersion(url, env.CLICKHOUSE_URL === undefined),
    ).then((answer) => withFolder(answer, env.TERRACE_HOME, 'clickhouse')),
  ])
}

function sourceOf(env: Environment, variable: 'DATABASE_URL' | 'CLICKHOUSE_URL'): string {
  return env[variable] ? variable : 'embedded'
}

/** Says so when the data is not where one would look for it. */
function withFolder(
  report: EngineReport,
  home: string,
  engine: 'postgres' | 'clickhouse',
): EngineReport {
  if (report.source !== 'embedded') return report
  try {
    const folder = engineFolder(home, engine)
    if (folder === join(home, engine)) return report
    const note = `data in ${folder}, since the account that the engine runs as cannot enter ${home}`
    return { ...report, note }
  } catch (error) {
    return { ...report, note: messageOf(error) }
  }
}

/** Says so when it is used by its owner, for want of accounts with fewer rights. */
async function withLogins(
  report: EngineReport,
  ownerUrl: string,
  purposes: readonly Purpose[],
): Promise<EngineReport> {
  if (!report.ok) return report
  const logins = await Promise.all(purposes.map((purpose) => findLogin(ownerUrl, purpose)))
  const problem = logins.find((login) => login.problem !== null)?.problem
  if (!problem) return report
  const why = `Terrace works on it as its owner, not as accounts with fewer rights: ${problem}.`
  return { ...report, note: [report.note, why].filter(Boolean).join('; ') }
}

async function report(
  role: EngineRole,
  source: string,
  url: string,
  versionOf: (url: string) => Promise<string>,
): Promise<EngineReport> {
  const address = withoutPassword(url)
  if (!url) {
    const problem =
      'The embedded engine does not run. Start it with `npx terrace engines` (or `npm start`), ' +
      `or set ${role === 'clickhouse' ? 'CLICKHOUSE_URL' : 'DATABASE_URL'} to a server.`
    return { role, source, version: null, address, ok: false, problem }
  }
  try {
    return { role, source, version: await versionOf(url), address, ok: true, problem: null }
  } catch (error) {
    if (error instanceof TransactionPoolerError) {
      return { role, source, version: null, address, ok: false, problem: error.message }
    }
    const isSlow = /time(d )?-?out|aborted/i.test(messageOf(error))
    const fix =
      source === 'embedded'
        ? isSlow
          ? 'It runs but is slow to answer: the machine may be busy. Try again; if it stays so, stop the ' +
            'process that runs the engines and start it again.'
          : 'Stop the process that runs the engines and start it again.'
        : `${isRefusal(error) ? 'Correct the user and password in' : 'Start that server, or correct'} ${source}` +
          (source === 'DATABASE_URL' || source === 'CLICKHOUSE_URL'
            ? '; unset it to use the embedded engine.'
            : '; unset it to use the database instead.')
    const cause = withoutPassword(messageOf(error)).replace(/[.\s]+$/, '') || 'no answer'
    const problem = `Tried ${address} (${source}): ${cause}. ${tlsAdvice(error)}${fix}`
    return { role, source, version: null, address, ok: false, problem }
  }
}

async function serverVersion(url: string, purpose: Purpose, source: string): Promise<string> {
  const version = await postgresVersion(url, purpose)
  // No pooler stands before what we run ourselves.
  if (source !== 'embedded') await refuseTransactionPooler(await loginUrl(url, purpose), source)
  return version
}

function isRefusal(error: unknown): boolean {
  return /authentication failed|WRONGPASS|NOAUTH/i.test(messageOf(error))
}

async function postgresVersion(ownerUrl: string, purpose: Purpose): Promise<string> {
  const client = new Client({
    connectionString: await loginUrl(ownerUrl, purpose),
    connectionTimeoutMillis: ANSWER_WITHIN_MS,
    query_timeout: ANSWER_WITHIN_MS,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    const result = await client.query<{ number: string; version: string }>(
      "select current_setting('server_version_num') as number, current_setting('server_version') as version",
    )
    const row = result.rows[0]!
    const major = Math.floor(Number(row.number) / 10_000)
    if (major < OLDEST_POSTGRES) {
      throw new Error(
        `it is PostgreSQL ${row.version}, and Terrace needs ${OLDEST_POSTGRES} or later`,
      )
    }
    return `PostgreSQL ${row.version.split(' ')[0]}`
  } finally {
    await client.end().catch(() => {})
  }
}

async function redisVersion(url: string): Promise<string> {
  const { inspectRedis } = await import('../redis-server.ts')
  const { version, warning } = await inspectRedis(url, ANSWER_WITHIN_MS)
  return `BullMQ on Redis ${version}${warning && `; ${warning}`}`
}

async function kafkaVersion(brokers: string[], options: KafkaOptions): Promise<string> {
  const kafka = connectKafka(brokers, options, {
    clientId: 'terrace-doctor',
    requestTimeout: ANSWER_WITHIN_MS,
    retry: { retries: 0 },
  })
  const admin = kafka.admin()
  try {
    await admin.connect()
    const cluster = await admin.describeCluster()
    const count = cluster.brokers.length
    const security = describeSecurity(options)
    return (
      `Kafka cluster ${cluster.clusterId}, ${count} ${count === 1 ? 'broker' : 'brokers'}` +
      (security && `, ${security}`)
    )
  } catch (error) {
    throw nameKafkaError(error, { brokers, options, topic: '' })
  } finally {
    await admin.disconnect().catch(() => {})
  }
}

async function clickhouseVersion(url: string, embedded: boolean): Promise<string> {
  const { ClickHouseLogLevel, createClient } = await import('@clickhouse/client')
  const client = createClient({
    url,
    request_timeout: ANSWER_WITHIN_MS,
    // The report says what the client would log.
    log: { level: ClickHouseLogLevel.OFF },
  })
  try {
    const result = await client.query({
      query: 'select version() as version',
      format: 'JSONEachRow',
    })
    const rows = await result.json<{ version: string }>()
    return `${embedded ? 'chDB, ClickHouse' : 'ClickHouse'} ${rows[0]?.version ?? 'of unknown version'}`
  } finally {
    await client.close()
  }
}
