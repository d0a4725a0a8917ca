// kafka_to_raw in a process of its own, for tests that kill it: land-in-child.ts <warehouse url>.

import { openPostgresEventLog } from '../../connections/event-log/index.ts'
import { useConnections } from '../../connections/index.ts'
import { openPostgres } from '../../connections/postgres.ts'
import { testContext } from '../../orchestrator/sdk/testing.ts'
import { consumeAndSave, measureLag } from '../../tasks/raw/index.ts'

const url = process.argv[2]!
const pool = openPostgres(url)
const log = openPostgresEventLog(pool)
useConnections({
  warehouse: pool,
  landing: pool,
  eventLog: log,
  clickhouse: undefined as never,
  addresses: undefined as never,
  close: async () => {},
})
const lag = await measureLag({ topics: ['user_events'] })
const fence = { taskInstanceId: '00000000-0000-7000-8000-00000000c41d', value: 1 }
await consumeAndSave({ lag, rowsPerTransaction: 50 }, testContext({ fence }))
await log.close()
await pool.end()
