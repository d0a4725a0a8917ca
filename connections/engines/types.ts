// What every engine looks like from outside, embedded or server.

import type { KafkaOptions } from '../event-log/kafka-options.ts'

export type EngineRole = 'postgres' | 'warehouse' | 'queue' | 'event_log' | 'clickhouse'

/** Where the engines are. Roles other than `engines` get this by `attachEngines`. */
export interface EngineAddresses {
  databaseUrl: string
  warehouseUrl: string
  /** null: the queue is BullMQ on the database. */
  redisUrl: string | null
  /** null: the event log is a table of the warehouse. */
  kafkaBrokers: string[] | null
  /** TLS, SASL and names of that Kafka; left out for a plain one. */
  kafkaOptions?: KafkaOptions | undefined
  /** With user and password in it, such as http://terrace:…@127.0.0.1:8123. */
  clickhouseUrl: string
}

/** One line of the banner and of `terrace doctor`. */
export interface EngineReport {
  role: EngineRole
  /** `embedded` or the variable that names the server, such as `DATABASE_URL`. */
  source: string
  /** What answers: `PostgreSQL 18.4`, `BullMQ on Redis 7.0.15`; null when nothing did. */
  version: string | null
  /** Address without password. */
  address: string
  ok: boolean
  /** When not ok: what was tried, why it failed, and how to fix it. */
  problem: string | null
  /** What a reader of the banner should know beside, such as a data folder outside TERRACE_HOME. */
  note?: string
}

/** Engines that this process started (or adopted) and will stop. */
export interface RunningEngines {
  addresses: EngineAddresses
  reports: EngineReport[]
  /** Stops what was started here, and at once when `urged` is aborted; safe to call twice. */
  stop(urged?: AbortSignal): Promise<void>
}
