// Two sources from the event log to the marts, in a process of its own, for tests that kill it:
// two-sources-in-child.ts <warehouse url> <clickhouse url>.

import { createClient } from '@clickhouse/client'
import { openPostgresEventLog } from '../../connections/event-log/index.ts'
import { useConnections } from '../../connections/index.ts'
import { openPostgres } from '../../connections/postgres.ts'
import { takeInBoth } from './take-in-both.ts'

const [warehouseUrl, clickhouseUrl] = process.argv.slice(2) as [string, string]
const pool = openPostgres(warehouseUrl)
const eventLog = openPostgresEventLog(pool)
const clickhouse = createClient({ url: clickhouseUrl, database: 'marts' })
useConnections({
  warehouse: pool,
  landing: pool,
  eventLog,
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
await takeInBoth()
await clickhouse.close()
await eventLog.close()
await pool.end()
