// dds_to_clickhouse in a process of its own, for tests that kill it:
// load-marts-in-child.ts <warehouse url> <clickhouse url>.

import { createClient } from '@clickhouse/client'
import { openPostgresEventLog } from '../../connections/event-log/index.ts'
import { useConnections } from '../../connections/index.ts'
import { openPostgres } from '../../connections/postgres.ts'
import { testContext } from '../../orchestrator/sdk/testing.ts'
import { loadMarts } from './warehouse.ts'

const [warehouseUrl, clickhouseUrl] = process.argv.slice(2) as [string, string]
const pool = openPostgres(warehouseUrl)
const clickhouse = createClient({ url: clickhouseUrl, database: 'marts' })
useConnections({
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
})
const fence = { taskInstanceId: '00000000-0000-7000-8000-00000000c41d', value: 1 }
await loadMarts({ context: () => testContext({ fence }) })
await clickhouse.close()
await pool.end()
