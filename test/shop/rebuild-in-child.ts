// The rebuild of the vault in a process of its own, for tests that kill it:
// rebuild-in-child.ts <warehouse url>.

import { useConnections } from '../../connections/index.ts'
import { openPostgres } from '../../connections/postgres.ts'
import { testContext } from '../../orchestrator/sdk/testing.ts'
import { rebuildVault } from '../../tasks/dds/index.ts'

const pool = openPostgres(process.argv[2]!)
useConnections({
  warehouse: pool,
  landing: pool,
  eventLog: undefined as never,
  clickhouse: undefined as never,
  addresses: undefined as never,
  close: async () => {},
})
await rebuildVault({}, testContext({ conf: { rebuild: true } }))
await pool.end()
