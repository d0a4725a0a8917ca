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
  rebuildVault,
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

const visit = (id: string, at: string) =>
  message(id, 'session_start', at, {
    session_id: `s-${id}`,
    user_id: 'u',
    campaign_id: null,
    referrer: null,
  })
const DAYS_OF_ORDERS = 'select toString(day) as day, order_id from fct_order_line order by all'

it('a batch shows an order as of its own loads, whatever a later one says of it meanwhile', async () => {
  await load([visit('x', AT)])
  await loadMarts()
  const [said, line] = closedOrder('a', '2026-01-05T00:00:01Z')
  await load([line!])
  await freezeBatch({}, nextContext())
  // It was made the day before, which this batch does not have.
  await load([message('o-early', 'order', '2026-01-04T23:59:59Z', payloadOf(said!))])
  await loadMarts()
  expect(await store.rows(DAYS_OF_ORDERS)).toEqual([{ day: '2026-01-05', order_id: 'a' }])
  await loadMarts()
  expect(await store.rows(DAYS_OF_ORDERS)).toEqual([{ day: '2026-01-04', order_id: 'a' }])
})

const payloadOf = ({ value }: Message) => JSON.parse(value!.toString()).payload

it('a row that is wrong among those that are kept is refused once, and mended by the next run', async () => {
  await load([visit('x', AT)])
  await loadMarts()
  await store.client.command({ query: 'insert into fct_session select * from fct_session' })
  await load([visit('y', AT)])
  await expect(loadMarts()).rejects.toThrow('fct_session/check.sql')
  await loadMarts()
  const sessions =
    'select session_id, toUInt32(count()) as rows from fct_session group by all order by all'
  expect(await store.rows(sessions)).toEqual([
    { session_id: 's-x', rows: 1 },
    { session_id: 's-y', rows: 1 },
  ])
})

it('a session of the first day that there is stands in the marts like any other', async () => {
  await load([visit('x', AT), visit('e', '2000-01-01T00:00:05Z')])
  await loadMarts()
  await load([visit('y', AT), visit('f', '2000-01-01T00:00:06Z')])
  await loadMarts()
  expect(await store.rows('select session_id from fct_session order by day, session_id')).toEqual(
    ['s-e', 's-f', 's-x', 's-y'].map((session_id) => ({ session_id })),
  )
})

it('a batch that is under way takes every day whole when dds is made anew meanwhile', async () => {
  await load([visit('x', '2026-01-02T12:00:00Z')])
  await loadMarts()
  await load([visit('y', AT)])
  const { batchId } = await freezeBatch({}, nextContext())
  await rebuildVault({}, nextContext({ conf: { rebuild: true } }))
  const { rows } = await shop.pool.query(
    `select day::text, is_whole from dds.mart_batch_day where batch_id = $1 order by day`,
    [batchId],
  )
  expect(rows).toEqual([
    { day: '2026-01-02', is_whole: true },
    { day: '2026-01-05', is_whole: true },
  ])
  await loadMarts()
  await loadMarts()
  expect(await store.rows('select session_id from fct_session order by day')).toEqual([
    { session_id: 's-x' },
    { session_id: 's-y' },
  ])
})
