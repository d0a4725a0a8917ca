// Loads of the vault, one statement a target (sql/dds/load). Each takes the staged rows of the
// loads it is given; all may run side by side, in any order and twice, those of other topics as well. A
// task commits its targets in transactions of their own: what an attempt that failed had loaded, the next
// one finds there.

import { retryDeadlocks } from '../../connections/deadlock.ts'
import { connections } from '../../connections/index.ts'
import { inTransaction } from '../../connections/postgres.ts'
import { allEnded } from '../../connections/side-by-side.ts'
import { raiseFence, shareFence } from '../../connections/warehouse-fence.ts'
import { failpoint } from '../../orchestrator/sdk/failpoint.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import type { CleanResult } from './clean-and-validate.ts'
import { targetStatement } from './key-targets.ts'
import { tellChangesAtCommit } from './refresh-statistics.ts'

export interface LoadArgs {
  loads: CleanResult
}

/** Rows that were new, by target. */
export type LoadedRows = Record<string, number>

export const targets = {
  users: ['h_user', 's_user_names', 's_user_profile'],
  products: [
    'h_product',
    'h_category',
    'l_product_category',
    'es_product_category',
    's_product_names',
    's_product_price',
  ],
  orders: [
    'h_order',
    'l_order_user',
    'l_order_session',
    'l_order_campaign',
    'l_order_product',
    's_order_cost',
    's_order_line',
    's_order_status',
  ],
  events: [
    'h_session',
    'h_campaign',
    'h_location',
    'l_session_user',
    'l_session_location',
    's_session_device',
    's_location_geo',
    's_campaign',
    'nl_event',
  ],
} as const

/** It takes as long as the other targets of its task together, and is loaded beside them. */
const LONGEST = 'nl_event'

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

/** Orders with their lines and statuses, also those whose order event has not arrived. */
export function loadOrdersFromEvents(args: LoadArgs, context: TaskContext): Promise<LoadedRows> {
  return loadTargets(targets.orders, args, context)
}

/**
 * Sessions with device and place, campaigns, and every event; they were validated when they were
 * staged.
 */
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
  const load = async (lane: readonly string[], loadIds: readonly string[]) => {
    const counts = await retryDeadlocks(() =>
      inTransaction(warehouse, async (client) => {
        await shareFence(client, context.fence)
        const counts: [string, number][] = []
        for (const name of lane) {
          const { rowCount } = await client.query((await targetStatement(name)).text, [loadIds])
          counts.push([name, rowCount ?? 0])
        }
        await tellChangesAtCommit(client)
        failpoint('raw_to_dds.before_load_commit')
        return counts
      }),
    )
    for (const [name, count] of counts) loaded[name] = (loaded[name] ?? 0) + count
  }
  await raiseFence(warehouse, context.fence)
  for (const loadIds of groupsOf(loads.loadIds)) {
    context.signal.throwIfAborted()
    await allEnded(lanesOf(names).map((lane) => load(lane, loadIds)))
  }
  context.log.info(`Loaded ${names.join(', ')}`, loaded)
  return loaded
}

/** Each is loaded on a connection of its own. */
function lanesOf(names: readonly string[]): string[][] {
  const others = names.filter((name) => name !== LONGEST)
  return others.length === names.length ? [others] : [[LONGEST], others]
}

/** Loads of this many at once keep a backlog of any length within flat memory. */
export function* groupsOf(loadIds: readonly string[], size = 10): Generator<string[]> {
  for (let first = 0; first < loadIds.length; first += size) {
    yield loadIds.slice(first, first + size)
  }
}
