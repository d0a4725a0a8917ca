// A warehouse of the benchmarks: a database of its own on the shared, durable Postgres, a log (Kafka,
// or tables of that database) and, where marts are measured, a ClickHouse.

import { Client } from 'pg'
import { migrateEventLog } from '../../connections/event-log/index.ts'
import { type Connections, openConnections, useConnections } from '../../connections/index.ts'
import { migrateMarts, migrateWarehouse } from '../../connections/migrations.ts'
import type { Pool } from '../../connections/postgres.ts'
import { createDatabase } from '../installation.ts'

export const TOPIC = 'user_events'

/** Never called: nothing touches the marts then. */
const NO_CLICKHOUSE = 'http://127.0.0.1:9'

export interface WarehousePlace {
  /** Of any database on the server. */
  postgresUrl: string
  /** Of the new database. */
  name: string
  /** A closed warehouse to begin as a copy of. */
  template?: string
  brokers?: string[]
  clickhouseUrl?: string
}

export interface BenchWarehouse {
  brokers: string[] | null
  /** What tasks get from `connections()` after `use`. */
  connections: Connections
  pool: Pool
  /** Tasks work here from now on. */
  use(): void
  close(): Promise<void>
  /** Closes it and removes its database. */
  drop(): Promise<void>
}

export async function openBenchWarehouse(place: WarehousePlace): Promise<BenchWarehouse> {
  const { postgresUrl, name, template, brokers = null, clickhouseUrl } = place
  const url = await createDatabase(postgresUrl, name, template)
  const connections = openConnections({
    databaseUrl: url,
    warehouseUrl: url,
    redisUrl: null,
    kafkaBrokers: brokers,
    clickhouseUrl: clickhouseUrl ?? NO_CLICKHOUSE,
  })
  const { warehouse: pool } = connections
  await migrateEventLog(pool)
  await migrateWarehouse(connections)
  if (clickhouseUrl !== undefined) await migrateMarts(connections)
  const close = () => connections.close()
  return {
    brokers,
    connections,
    pool,
    use: () => useConnections(connections),
    close,
    async drop() {
      await close()
      const client = new Client({ connectionString: postgresUrl })
      await client.connect()
      await client.query(`drop database ${name} with (force)`)
      await client.end()
    },
  }
}

/** So that no measurement pays for the writes of the one before it. */
export async function settle(pool: Pool): Promise<void> {
  await pool.query('checkpoint')
}
