// The connections of this process (or runner thread), opened on first use. Tasks call
// `connections()`; whether an engine is embedded or a server was decided in `engines`.

import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { attachEngines } from './engines/attach-engines.ts'
import type { EngineAddresses } from './engines/types.ts'
import { loadEnvironment } from './environment.ts'
import { openEventLog } from './event-log/index.ts'
import type { EventLog } from './event-log/types.ts'
import { loginUrl } from './logins/login-url.ts'
import { openPostgres, type Pool } from './postgres.ts'
import { refuseTransactionPooler } from './transaction-pooler.ts'

export interface Connections {
  /** Layers raw and dds, watermarks; owns them (connections/logins). */
  readonly warehouse: Pool
  /** The same database for what lands messages: adds to raw, and sees nothing of dds. */
  readonly landing: Pool
  readonly eventLog: EventLog
  /** Layer marts. */
  readonly clickhouse: ClickHouseClient
  readonly addresses: EngineAddresses
  close(): Promise<void>
}

/** @param landingUrl the warehouse for what lands messages, where it has an account of its own */
export function openConnections(
  addresses: EngineAddresses,
  landingUrl: string = addresses.warehouseUrl,
): Connections {
  // A load of the marts holds one all along, and where tasks run in one process ten do so at once; a
  // load of dds two, while it asks for a third.
  const warehouse = openPostgres(addresses.warehouseUrl, {
    max: 12,
    // A runner thread takes its next task when nothing keeps it busy.
    allowExitOnIdle: true,
    // A load in its temporary table stays in memory. A session that has had such tables, as behind a
    // pooler, keeps what it had.
    onConnect: async (client) => {
      await client.query(`set temp_buffers = '48MB'`).catch(() => {})
    },
  })
  const landing = openPostgres(landingUrl, { allowExitOnIdle: true })
  const eventLog = openEventLog({ ...addresses, warehouseUrl: landingUrl })
  const clickhouse = createClient({
    url: addresses.clickhouseUrl,
    database: 'marts',
    application: 'terrace',
    request_timeout: 300_000,
    // Errors reach the caller, who says them once and without a stack.
    log: { level: ClickHouseLogLevel.OFF },
  })
  return {
    warehouse,
    landing,
    eventLog,
    clickhouse,
    addresses,
    async close() {
      await Promise.all([eventLog.close(), clickhouse.close()])
      await Promise.all([warehouse.end(), landing.end()])
    },
  }
}

let current: Promise<Connections> | undefined

/** The connections of this process, from the environment or the running engines. */
export function connections(): Promise<Connections> {
  current ??= attachEngines(loadEnvironment()).then(openAsLayers)
  return current
}

/** Logs in with the accounts of the layers, none of which sees the metadata. */
async function openAsLayers(addresses: EngineAddresses): Promise<Connections> {
  const [warehouseUrl, landingUrl] = await Promise.all([
    loginUrl(addresses.warehouseUrl, 'dds'),
    loginUrl(addresses.warehouseUrl, 'raw'),
  ])
  await refuseTransactionPooler(warehouseUrl, 'WAREHOUSE_URL')
  return openConnections({ ...addresses, warehouseUrl }, landingUrl)
}

/** Makes `connections()` answer these: for tests and for roles that have opened their own. */
export function useConnections(opened: Connections): void {
  current = Promise.resolve(opened)
}

/** Closes what `connections()` opened, if anything. */
export async function closeConnections(): Promise<void> {
  const opened = await current?.catch(() => undefined)
  current = undefined
  await opened?.close()
}
