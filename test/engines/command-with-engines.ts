// A command that runs engines of its own and then works until it is told to finish, or
// a signal ends it.
// Arguments: the home, and the port of an embedded ClickHouse (none is started without it).

import { once } from 'node:events'
import { withEngines } from '../../connections/engines/with-engines.ts'
import { loadEnvironment } from '../../connections/environment.ts'
import { ask } from './owners.ts'

const [home, clickhousePort] = process.argv.slice(2)
const env = loadEnvironment({
  TERRACE_HOME: home,
  ...(clickhousePort
    ? { TERRACE_CLICKHOUSE_PORT: clickhousePort }
    : { CLICKHOUSE_URL: 'http://terrace:hidden@127.0.0.1:9/' }),
})

await withEngines(
  env,
  async ({ databaseUrl }) => {
    const told = once(process, 'message')
    process.send?.('working')
    await told
    process.send?.(await ask(databaseUrl, 'select 1 as one'))
  },
  { postgresSettings: { fsync: 'off' } },
)
process.disconnect()
