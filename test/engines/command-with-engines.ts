// A command that runs engines of its own and then works for ever; tests end it by a signal.

import { withEngines } from '../../connections/engines/with-engines.ts'
import { loadEnvironment } from '../../connections/environment.ts'

const env = loadEnvironment({
  TERRACE_HOME: process.argv[2],
  CLICKHOUSE_URL: 'http://terrace:hidden@127.0.0.1:9/',
})

await withEngines(
  env,
  () => {
    process.send?.('working')
    return new Promise<never>(() => {})
  },
  { postgresSettings: { fsync: 'off' } },
)
