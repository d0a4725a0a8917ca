// Where the base load and live enrichment meet: the load says that questions wait, and goes on; the
// run that asks them says that days of the marts have changed.

import { connections } from '../../connections/index.ts'
import { SkipTask, type TaskContext } from '../../orchestrator/sdk/index.ts'
import type { LookupResult } from './look-up.ts'
import { kindsToAsk } from './status.ts'

/** Skipped, and with it the event of its outlet, when no live API could be asked now. */
export async function wakeLiveEnrichment(_args: unknown, context: TaskContext): Promise<string[]> {
  const { warehouse } = await connections()
  const kinds = await kindsToAsk(warehouse)
  if (kinds.length === 0) throw new SkipTask('No question waits for a live API')
  context.log.info(`Questions wait for live APIs: ${kinds.join(', ')}`)
  return kinds
}

export async function hasLiveQuestions(): Promise<boolean> {
  const { warehouse } = await connections()
  return (await kindsToAsk(warehouse)).length > 0
}

/** Skipped when no answer changed anything. */
export function tellMarts({ results }: { results: LookupResult[] }): number {
  const rows = results.reduce((sum, result) => sum + result.rows, 0)
  if (rows === 0) throw new SkipTask('No answer is new')
  return rows
}
