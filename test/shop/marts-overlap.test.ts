// dds_to_clickhouse beside everything that may go on meanwhile: loads of the vault under way, checks
// that failed, attempts that were overtaken.

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { FailTask } from '../../orchestrator/sdk/index.ts'
import {
  checkLoads,
  cleanAndValidate,
  finishLoads,
  loadOrdersFromEvents,
  loadProductsAndCategories,
  upsertUsersFromRaw,
  validateAndLoadEvents,
} from '../../tasks/dds/index.ts'
import { checkMarts, freezeBatch, transferTable } from '../../tasks/marts/index.ts'
import { type MartsStore, openMartsStore } from './marts-store.ts'
import { message } from './shop-messages.ts'
import { landTopic, loadMarts, loadVault, nextContext, type TestWarehouse } from './warehouse.ts'

const AT = '2026-01-05T12:00:00Z'
const TARGETS = {
  upsertUsersFromRaw,
  loadProductsAndCategories,
  loadOrdersFromEvents,
  validateAndLoadEvents,
}

let store: MartsStore
let shop: TestWarehouse
beforeAll(async () => {
  store = await openMartsStore()
})
afterAll(() => store.close())
beforeEach(async () => {
  shop = await store.freshShop()
  await shop.log.ensureTopics([{ topic: 'user_events', partitions: 1 }])
})
afterEach(() => shop.close())

type Message = ReturnType<typeof message>

async function land(messages: Message[]): Promise<void> {
  await shop.log.append('user_events', messages)
  await landTopic()
}

async function load(messages: Message[]): Promise<void> {
  await land(messages)
  await loadVault()
}

function closedOrder(id: string, at = AT): Message[] {
  return [
    message(`o-${id}`, 'order', at, {
      order_id: id,
      user_id: 'u',
      session_id: `s-${id}`,
      campaign_id: null,
      currency: 'EUR',
      cost: 10,
    }),
    message(`l-${id}`, 'order_item', at, {
      order_id: id,
      line_no: 1,
      product_id: 'p',
      quantity: 1,
      unit_price: 10,
    }),
    message(`c-${id}`, 'order_status', at, { order_id: id, status: 'CLOSED', at }),
  ]
}

const ORDERS = 'select toString(day) as day, order_id, product_id from fct_order_line order by all'

it.each(Object.keys(TARGETS) as (keyof typeof TARGETS)[])(
  'a batch sees nothing of a load of which only %s has run',
  async (name) => {
    await load([message('v', 'signup', AT, { user_id: 'x' })])
    await land(closedOrder('a'))
    const loads = await cleanAndValidate({ topic: 'user_events' }, nextContext())
    await TARGETS[name]({ loads }, nextContext())

    await loadMarts()
    expect(await store.rows(ORDERS)).toEqual([])

    for (const target of Object.values(TARGETS)) await target({ loads }, nextContext())
    await checkLoads({ loads }, nextContext())
    await finishLoads({ loads }, nextContext())
    await loadMarts()
    expect(await store.rows(ORDERS)).toEqual([
      { day: '2026-01-05', order_id: 'a', product_id: 'p' },
    ])
  },
)

it('a batch that fails its checks is loaded anew by the next run', async () => {
  await load(closedOrder('a'))
  await loadMarts()
  await load(closedOrder('b'))
  const batch = await freezeBatch({}, nextContext())
  const loaded = await transferTable({ target: 'fct_event', batch }, nextContext())
  await shop.connections.clickhouse.command({ query: 'truncate table marts.fct_event' })
  await expect(checkMarts({ batch, loaded: [loaded] }, nextContext())).rejects.toThrow(FailTask)

  await loadMarts()
  const events = 'select event_id from fct_event order by event_id'
  expect(await store.rows(events)).toEqual(
    ['c-a', 'c-b', 'l-a', 'l-b', 'o-a', 'o-b'].map((event_id) => ({ event_id })),
  )
  expect((await freezeBatch({}, nextContext())).batchId).toBeNull()
})

it('an attempt that was overtaken empties no day', async () => {
  const [, line] = closedOrder('a')
  await load([line!])
  await loadMarts()
  // The order turns out to be of the day before: nothing is left on the 5th.
  await load([closedOrder('a', '2026-01-04T12:00:00Z')[0]!])
  const batch = await freezeBatch({}, nextContext())
  // As in a statement of a long batch that has emptied days only.
  const { rows: otherDays } = await shop.pool.query(
    `delete from dds.mart_batch_day where day <> '2026-01-05' returning batch_id, source, day::text`,
  )
  const stalled = stallAlter()
  const older = nextContext()
  const overtaken = transferTable({ target: 'fct_order_line', batch }, older).catch(
    (error: Error) => error,
  )
  await stalled.reached
  stalled.undo()
  for (const { batch_id, source, day } of otherDays) {
    await shop.pool.query('insert into dds.mart_batch_day values ($1, $2, $3)', [
      batch_id,
      source,
      day,
    ])
  }
  const newer = () => nextContext({ fence: { ...older.fence, value: 2 } })
  await loadMarts({ context: newer })
  await load(closedOrder('b'))
  await loadMarts({ context: newer })
  const before = await store.rows(ORDERS)
  stalled.goOn()
  expect(await overtaken).toBeInstanceOf(Error)
  expect(await store.rows(ORDERS)).toEqual(before)
})

/** Holds the next ALTER of the marts' client until it may go on. */
function stallAlter(): { reached: Promise<void>; goOn(): void; undo(): void } {
  const { clickhouse } = shop.connections
  const command = clickhouse.command.bind(clickhouse)
  let goOn = () => {}
  const gate = new Promise<void>((resolve) => {
    goOn = resolve
  })
  let arrive = () => {}
  const reached = new Promise<void>((resolve) => {
    arrive = resolve
  })
  clickhouse.command = async (parameters) => {
    if (parameters.query.startsWith('alter table marts.fct_order_line')) {
      arrive()
      await gate
    }
    return command(parameters)
  }
  return {
    reached,
    goOn,
    undo: () => {
      clickhouse.command = command
    },
  }
}
