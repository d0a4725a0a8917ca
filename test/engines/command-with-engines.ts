// A command that runs engines of its own and then works for ever; tests end it by a signal.
// Arguments: the home, and the port of an embedded ClickHouse (none is started without it).

import { withEngines } from '../../connections/engines/with-engines.ts'
import { loadEnvironment } from '../../connections/environment.ts'

const [home, clickhousePort] = process.argv.slice(2)
const env = loadEnvironment({
  TERRACE_HOME: home,
  ...(clickhousePort
    ? { TERRACE_CLICKHOUSE_PORT: clickhousePort }
    : { CLICKHOUSE_URL: 'http://terrace:hidden@127.0.0.1:9/' }),
})

await withEngines(
  env,
  () => {
    process.send?.('working')
    return new Promise<never>(() => {})
  },
  { postgresSettings: { fsync: 'off' } },
)
