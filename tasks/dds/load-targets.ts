// Loads of the vault, one statement a target (sql/dds/load). Each takes the staged events of the
// loads it is given; all may run side by side, in any order and twice.

import { connections } from '../../connections/index.ts'
import { inTransaction } from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import { raiseFence } from '../../connections/warehouse-fence.ts'
import { failpoint } from '../../orchestrator/sdk/failpoint.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import type { CleanResult } from './clean-and-validate.ts'

export interface LoadArgs {
  loads: CleanResult
}

/** Rows that were new, by target. */
export type LoadedRows = Record<string, number>

// Loads of this many at once keep a backlog of any length within flat memory.
const LOADS_PER_TRANSACTION = 10

const targets = {
  users: ['h_user', 's_user_names', 's_user_profile'],
  products: ['h_product', 's_product_names', 's_product_price'],
  events: ['h_session', 'l_session_user', 'nl_event'],
} as const

/** Users, those that only an event names as well: they stay ghosts until their profile arrives. */
export function upsertUsersFromRaw(args: LoadArgs, context: TaskContext): Promise<LoadedRows> {
  return loadTargets(targets.users, args, context)
}

export function loadProductsAndCategories(
  args: LoadArgs,
  context: TaskContext,
): Promise<LoadedRows> {
  return loadTargets(targets.products, args, context)
}

/** Sessions and events; they were validated when they were staged. */
export function validateAndLoadEvents(args: LoadArgs, context: TaskContext): Promise<LoadedRows> {
  return loadTargets(targets.events, args, context)
}

async function loadTargets(
  names: readonly string[],
  { loads }: LoadArgs,
  context: TaskContext,
): Promise<LoadedRows> {
  const { warehouse } = await connections()
  const loaded: LoadedRows = Object.fromEntries(names.map((name) => [name, 0]))
  for (let first = 0; first < loads.loadIds.length; first += LOADS_PER_TRANSACTION) {
    context.signal.throwIfAborted()
    const loadIds = loads.loadIds.slice(first, first + LOADS_PER_TRANSACTION)
    await inTransaction(warehouse, async (client) => {
      await raiseFence(client, context.fence)
      for (const name of names) {
        const { rowCount } = await client.query(await sqlFile(`dds/load/${name}.sql`), [loadIds])
        loaded[name] = (loaded[name] ?? 0) + (rowCount ?? 0)
      }
      failpoint('raw_to_dds.before_load_commit')
    })
  }
  context.log.info(`Loaded ${names.join(', ')}`, loaded)
  return loaded
}

/** After every target: the loads count as finished, and dds → ClickHouse may take them. */
export async function finishLoads(
  { loads }: LoadArgs,
  context: TaskContext,
): Promise<{ finished: string[] }> {
  const { warehouse } = await connections()
  return inTransaction(warehouse, async (client) => {
    await raiseFence(client, context.fence)
    const { rows } = await client.query<{ load_id: string }>(
      await sqlFile('dds/load/finish_loads.sql'),
      [loads.loadIds],
    )
    return { finished: rows.map((row) => row.load_id) }
  })
}
