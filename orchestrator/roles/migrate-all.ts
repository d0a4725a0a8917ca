// Takes every store of an installation to this version: the metadata, the queue's schema, the event
// log's tables and, where a project has them (sql/raw, sql/dds, sql/marts), its warehouse and marts.

import { EngineError } from '../../connections/engines/engine-error.ts'
import type { EngineAddresses } from '../../connections/engines/types.ts'
import { withoutPassword } from '../../connections/environment.ts'
import { migrateEventLog } from '../../connections/event-log/index.ts'
import { openConnections } from '../../connections/index.ts'
import { LoginsError, prepareLogins } from '../../connections/logins/prepare-logins.ts'
import { METADATA_PURPOSES, WAREHOUSE_PURPOSES } from '../../connections/logins/purposes.ts'
import {
  type MigrationResult,
  migrateMarts,
  migrateWarehouse,
} from '../../connections/migrations.ts'
import { declaredTopics } from '../../connections/topics.ts'
import { refuseTransactionPooler } from '../../connections/transaction-pooler.ts'
import { migrateQueue } from '../queue/index.ts'
import { migrateMetadata } from '../store/migrate.ts'

/** @throws MigrationError that says what is in the way and how to go on. */
export async function migrateAll(
  addresses: EngineAddresses,
  { yes = false }: { yes?: boolean } = {},
): Promise<MigrationResult> {
  await refuseTransactionPooler(addresses.databaseUrl, 'DATABASE_URL')
  await refuseTransactionPooler(addresses.warehouseUrl, 'WAREHOUSE_URL')
  const metadata = await migrateMetadata(addresses.databaseUrl, { yes })
  if (addresses.redisUrl === null) await migrateQueue(addresses.databaseUrl)
  const connections = openConnections(addresses)
  try {
    if (addresses.kafkaBrokers === null) await migrateEventLog(connections.warehouse)
    const warehouse = await migrateWarehouse(connections, { yes })
    if (addresses.kafkaBrokers === null) {
      // Topics of Kafka are made by the scheduler: no start waits for a broker that is away.
      await connections.eventLog.ensureTopics([...declaredTopics()])
    }
    const marts = await migrateMarts(connections).catch((error: unknown) => {
      throw refusedByMarts(error, addresses.clickhouseUrl)
    })
    await prepareAll(addresses)
    return {
      applied: [...metadata.applied, ...warehouse.applied, ...marts.applied],
      notes: warehouse.notes,
    }
  } finally {
    await connections.close()
  }
}

/** After the migrations, which made what is handed over. Where it cannot be done, `doctor` says why. */
async function prepareAll({ databaseUrl, warehouseUrl }: EngineAddresses): Promise<void> {
  try {
    await prepareLogins(databaseUrl, METADATA_PURPOSES)
    await prepareLogins(warehouseUrl, WAREHOUSE_PURPOSES)
  } catch (error) {
    if (!(error instanceof LoginsError)) throw error
  }
}

/** A wrong password is named with the variable that holds it. */
function refusedByMarts(error: unknown, clickhouseUrl: string): unknown {
  if (!(error instanceof Error && 'type' in error && error.type === 'AUTHENTICATION_FAILED'))
    return error
  return new EngineError(
    `ClickHouse at ${withoutPassword(clickhouseUrl)} (CLICKHOUSE_URL) does not let its user in: ` +
      `${error.message.trim()} Correct the user and password in CLICKHOUSE_URL.`,
    { cause: error },
  )
}
