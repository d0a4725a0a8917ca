// `terrace engines`: the embedded engines alone, for roles that are started one by one.

import { aborted, listenForStop, startEngines } from '../../connections/engines/index.ts'
import type { Environment } from '../../connections/environment.ts'
import { engineLines, requireAnswers } from './banner.ts'
import { migrateAll } from './migrate-all.ts'
import { logLine, untilStopped } from './role.ts'

export async function runEngines(env: Environment): Promise<void> {
  const signals = listenForStop()
  const engines = await startEngines(env, { log: logLine }).catch(async (error: unknown) => {
    if (signals.asked.aborted) await signals.die()
    signals.release()
    throw error
  })
  try {
    requireAnswers(engines.reports)
    const migrated = await Promise.race([migrateAll(engines.addresses), aborted(signals.asked)])
    for (const note of migrated?.notes ?? []) logLine(note)
  } catch (error) {
    await engines.stop(signals.urged)
    signals.release()
    throw error
  }
  if (signals.asked.aborted) {
    await engines.stop(signals.urged)
    await signals.die()
  }
  process.stdout.write(`${engineLines(engines.reports).join('\n')}\n`)
  logLine('The engines run; the databases are migrated.')
  await untilStopped({ name: 'engines', stop: () => engines.stop(signals.urged) }, signals)
}
