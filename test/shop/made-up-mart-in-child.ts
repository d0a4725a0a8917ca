// Migrates the marts, builds every table of them anew and writes the tasks of dds_to_clickhouse with what
// comes before each: made-up-mart-in-child.ts <warehouse url> <clickhouse url>.

import { createClient } from '@clickhouse/client'
import { openPostgresEventLog } from '../../connections/event-log/index.ts'
import { type Connections, useConnections } from '../../connections/index.ts'
import { migrateMarts } from '../../connections/migrations.ts'
import { openPostgres } from '../../connections/postgres.ts'
import ddsToClickhouse from '../../dags/dds_to_clickhouse.ts'
import { loadMarts } from './warehouse.ts'

const [warehouseUrl, clickhouseUrl] = process.argv.slice(2) as [string, string]
const pool = openPostgres(warehouseUrl)
const clickhouse = createClient({ url: clickhouseUrl, database: 'marts' })
const connections: Connections = {
  warehouse: pool,
  landing: pool,
  eventLog: openPostgresEventLog(pool),
  clickhouse,
  addresses: {
    databaseUrl: warehouseUrl,
    warehouseUrl,
    redisUrl: null,
    kafkaBrokers: null,
    clickhouseUrl,
  },
  close: async () => {},
}
useConnections(connections)
await migrateMarts(connections)
await loadMarts({ rebuild: 'all' })
const { tasks, edges } = ddsToClickhouse.serialized
const before = tasks.map(({ taskId }) => [
  taskId,
  edges.filter(([, to]) => to === taskId).map(([from]) => from),
])
console.log(JSON.stringify(Object.fromEntries(before)))
await clickhouse.close()
await pool.end()
