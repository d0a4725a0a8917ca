// Notes what has to be asked for the events that were loaded: each place, place and hour, and day
// once. Set-based and only over loads that were not looked at yet, so that a year of history costs a
// year's time once. A failure is no reason to hold back the load: the next run notes what is left.

import { loadEnvironment } from '../../connections/environment.ts'
import { connections } from '../../connections/index.ts'
import { inTransaction, type Pool } from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import { raiseFence } from '../../connections/warehouse-fence.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import { withoutFailing } from './without-failing.ts'

export interface FindArgs {
  /** The loads of this run, whose events are in although they are not finished. */
  loads: { loadIds: string[] }
  loadsPerTransaction?: number
}

export interface FoundLookups {
  /** Events of the loads that were looked at now. */
  countEvents: number
  /** Questions that were new. */
  geo: number
  weather: number
  fx: number
}

export async function findLookups(args: FindArgs, context: TaskContext): Promise<FoundLookups> {
  const { warehouse } = await connections()
  const found: FoundLookups = { countEvents: 0, geo: 0, weather: 0, fx: 0 }
  await withoutFailing('Noting what to look up', context, async () => {
    while (await noteGroup(warehouse, args, found, context)) context.signal.throwIfAborted()
  })
  context.log.info(`Events of new loads: ${found.countEvents}`, { ...found })
  return found
}

/** false when no load was left. */
async function noteGroup(
  warehouse: Pool,
  { loads, loadsPerTransaction = 10 }: FindArgs,
  found: FoundLookups,
  context: TaskContext,
): Promise<boolean> {
  return inTransaction(warehouse, async (client) => {
    await raiseFence(client, context.fence)
    const run = async (name: string, ...parameters: unknown[]) =>
      client.query(await sqlFile(`dds/enrich/${name}.sql`), parameters)
    const { rows } = await run('loads_to_note', loads.loadIds, loadsPerTransaction)
    const loadIds = rows.map((row: { load_id: string }) => row.load_id)
    if (loadIds.length === 0) return false
    const reporting = loadEnvironment().REPORTING_CURRENCY
    found.geo += (await run('note_geo')).rowCount ?? 0
    found.weather += (await run('note_weather', loadIds)).rowCount ?? 0
    found.fx += (await run('note_fx', loadIds, reporting)).rowCount ?? 0
    const noted = await run('loads_noted', loadIds)
    found.countEvents += Number(noted.rows[0].count_events)
    return true
  })
}
