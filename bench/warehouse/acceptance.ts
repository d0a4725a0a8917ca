// `npm run bench:acceptance`: the loads that the warehouse must carry, run by hand. The tasks are
// those of the DAGs and run in this process, so that its memory is theirs.

import { startEmbeddedPostgres } from '../../connections/engines/embedded-postgres.ts'
import { aborted, listenForStop } from '../../connections/engines/stop-signals.ts'
import { removeHome, temporaryHome } from '../servers.ts'
import { type AcceptanceOptions, HELP, OptionsError, parseOptions } from './acceptance-options.ts'
import { openBenchWarehouse } from './bench-warehouse.ts'
import { startClickHouse } from './clickhouse.ts'
import { loadHistory } from './load-history.ts'
import { watchMemory } from './memory.ts'
import { simulateMinutes } from './simulate-minutes.ts'

async function accept({ load, eventsPerMinute }: AcceptanceOptions): Promise<void> {
  const home = temporaryHome()
  const postgres = await startEmbeddedPostgres({ home, port: 0 })
  const front = await startClickHouse(home)
  let stopping: Promise<void> | undefined
  const stopAll = async () => {
    await Promise.all([front.stop(), postgres.stop()])
    removeHome(home)
    removeHome(postgres.folder)
  }
  const stop = () => {
    stopping ??= stopAll()
    return stopping
  }
  const signals = listenForStop()
  void aborted(signals.asked).then(() => stop().finally(() => signals.die()))
  try {
    const place = await openBenchWarehouse({
      postgresUrl: postgres.url,
      clickhouseUrl: front.url,
      name: 'acceptance',
    })
    place.use()
    const memory = watchMemory({ postgres: postgres.pid(), clickhouse: front.pid })
    try {
      if (load.kind === 'minutes') await simulateMinutes(load.minutes, eventsPerMinute, memory)
      else await loadHistory(place.pool, load.days, eventsPerMinute, memory)
    } finally {
      memory.stop()
      await place.close()
    }
  } finally {
    await stop()
  }
}

try {
  const options = parseOptions(process.argv.slice(2))
  if (options) await accept(options)
  else console.log(HELP)
} catch (error) {
  console.error(error instanceof OptionsError ? error.message : error)
  process.exitCode = error instanceof OptionsError ? 2 : 1
}
