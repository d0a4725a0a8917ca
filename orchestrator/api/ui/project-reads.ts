// What the page shows of the project itself: its warehouse, its marts and its event log, all of them
// only read.

import type { EngineAddresses } from '../../../connections/engines/types.ts'
import { type EventLog, openEventLog } from '../../../connections/event-log/index.ts'
import { openPostgres, type Pool } from '../../../connections/postgres.ts'

export const READ_SECONDS = 10
export const WAREHOUSE_CONNECTIONS = 3

export interface ProjectReads {
  /** Where package.json is. */
  folder: string
  /** Raw and dds, read-only. */
  warehouse: Pool
  eventLog: EventLog
  /** The marts, with user and password. */
  clickhouseUrl: string
  /** Amounts of the marts are in this one, such as EUR. */
  currency: string
  close(): Promise<void>
}

/** Connects to nothing before something is asked. */
export function openProjectReads(
  addresses: EngineAddresses,
  { folder, currency }: Pick<ProjectReads, 'folder' | 'currency'>,
): ProjectReads {
  const warehouse = openPostgres(addresses.warehouseUrl, {
    max: WAREHOUSE_CONNECTIONS,
    application_name: 'terrace-web-layers',
    connectionTimeoutMillis: 5_000,
    session: { default_transaction_read_only: 'on', statement_timeout: `${READ_SECONDS}s` },
  })
  const eventLog = openEventLog(addresses)
  return {
    folder,
    currency,
    warehouse,
    eventLog,
    clickhouseUrl: addresses.clickhouseUrl,
    async close() {
      await eventLog.close()
      await warehouse.end()
    },
  }
}
