// `terrace engines`: the embedded engines alone, for roles that are started one by one.

import { startEngines } from '../../connections/engines/index.ts'
import type { Environment } from '../../connections/environment.ts'
import { engineLines, requireAnswers } from './banner.ts'
import { migrateAll } from './migrate-all.ts'
import { logLine, untilStopped } from './role.ts'

export async function runEngines(env: Environment): Promise<void> {
  const engines = await startEngines(env, { log: logLine })
  try {
    requireAnswers(engines.reports)
    await migrateAll(engines.addresses)
  } catch (error) {
    await engines.stop()
    throw error
  }
  process.stdout.write(`${engineLines(engines.reports).join('\n')}\n`)
  logLine('The engines run; the databases are migrated.')
  await untilStopped({ name: 'engines', stop: () => engines.stop() })
}
