// Loads of two topics go to one vault side by side, and whole orders to the facts: nobody waits for ever, no day
// is lost, and the content is that of loads one after the other.

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { retryDeadlocks } from '../../connections/deadlock.ts'
import { inTransaction } from '../../connections/postgres.ts'
import { createRandom, type Random } from '../../generators/index.ts'
import type { CleanMessage } from '../../tasks/messages/clean-message.ts'
import { loadStaged, stageClean, wholeOrder } from './clean-messages.ts'
import { checksum } from './mart-rows.ts'
import { type MartsStore, openMartsStore } from './marts-store.ts'
import { vaultContent } from './vault-content.ts'
import { loadMarts, type TestWarehouse } from './warehouse.ts'

const SOURCE = 'terrace'
const TOPICS = ['user_events', 'order-service_orders']
const LOADS = process.env.TERRACE_LONG ? 60 : 12

let store: MartsStore
let shop: TestWarehouse
beforeAll(async () => {
  store = await openMartsStore()
})
afterAll(() => store.close())
beforeEach(async () => {
  shop = await store.freshShop()
})
afterEach(() => shop.close())

const at = (day: number, minute = 0) =>
  `2026-01-${String(day).padStart(2, '0')}T12:${String(minute).padStart(2, '0')}:00.000000Z`

/** Views, which move products from one category to another, and orders of the same few users and products. */
function drawMessages(random: Random, topic: string, count: number): CleanMessage[] {
  return Array.from({ length: count }, (_, n) => {
    const [day, minute] = [random.between(1, 6), random.between(0, 59)]
    const user = `u-${random.between(1, 12)}`
    const product = `p-${random.between(1, 8)}`
    if (random.chance(0.4)) {
      return wholeOrder({
        source: SOURCE,
        orderId: `o-${random.between(1, 40)}`,
        version: Number(`${TOPICS.indexOf(topic)}${n}`),
        orderedAt: at(day, minute),
        updatedAt: at(random.between(day, 9), minute),
        user,
        lines: [
          [product, random.between(1, 3), '10'],
          [`p-${random.between(1, 8)}`, 1, '2.5'],
        ],
      })
    }
    const eventId = `${topic}-${n}`
    const occurredAt = at(day, minute)
    const [category, price, currency] = [`c-${random.between(1, 3)}`, '10', 'SEK']
    return {
      source: SOURCE,
      eventId,
      eventType: 'view',
      schemaVersion: 1,
      occurredAt: at(day, minute),
      userId: user,
      sessionId: `s-${user}-${day}`,
      productId: product,
      category,
      platform: 'desktop',
      quantity: '1',
      unitPrice: price,
      currency,
      payload: '{}',
      canonical: eventId,
      products: [
        { productId: product, seenAt: occurredAt, name: product, category, price, currency },
      ],
    }
  })
}

const drawn = TOPICS.map((topic) =>
  drawMessages(createRandom(`two topics ${topic}`), topic, LOADS * 25),
)
/** They stand in both topics: one of the two is the event, the other a duplicate. */
const shared = drawMessages(createRandom('two topics'), 'both', LOADS * 3).filter(
  ({ eventType }) => eventType === 'view',
)

/** The messages of a topic, load by load; what both say is spread over them. */
function partsOf(topic: number): CleanMessage[][] {
  const random = createRandom(`parts ${topic}`)
  const mixed = [...drawn[topic]!, ...shared]
    .map((message) => ({ message, place: random.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ message }) => message)
  const size = Math.ceil(mixed.length / LOADS)
  return Array.from({ length: LOADS }, (_, n) => mixed.slice(n * size, (n + 1) * size))
}

async function loadTopic(topic: number): Promise<number> {
  let duplicates = 0
  for (const part of partsOf(topic)) {
    const staged = await stageClean(shop.pool, part, TOPICS[topic]!)
    duplicates += staged.duplicates
    await loadStaged([staged.loadId])
  }
  return duplicates
}

const daysNow = async () =>
  (await shop.pool.query('select distinct source, day from dds.load_day order by 1, 2')).rows

it('two topics at once: no deadlock, no lost day, the content of one after the other', async () => {
  expect(shared.length).toBeGreaterThan(10)
  expect(await loadTopic(0)).toBe(0)
  expect(await loadTopic(1)).toBe(shared.length)
  const [content, days] = [await vaultContent(shop.pool), await daysNow()]
  await shop.close()

  shop = await store.freshShop()
  const { rows: before } = await shop.pool.query(
    'select deadlocks from pg_stat_database where datname = current_database()',
  )
  let isLoading = true
  const loading = Promise.all([loadTopic(0), loadTopic(1)]).finally(() => {
    isLoading = false
  })
  // The marts take what finishes meanwhile, batch by batch.
  const publishing = (async () => {
    while (isLoading) await loadMarts()
  })()
  const [duplicates] = await Promise.all([loading, publishing])
  expect(duplicates[0]! + duplicates[1]!).toBe(shared.length)
  const { rows: after } = await shop.pool.query(
    'select deadlocks from pg_stat_database where datname = current_database()',
  )
  expect(after).toEqual(before)
  expect(await vaultContent(shop.pool)).toEqual(content)
  expect(await daysNow()).toEqual(days)

  await loadMarts()
  const found = await checksum(store)
  await loadMarts({ rebuild: 'all' })
  expect(await checksum(store)).toEqual(found)
}, 120_000)

it('a transaction that ends a deadlock is begun again', async () => {
  await shop.pool.query('create table public.held (key int primary key)')
  let deadlocks = 0
  const bothHold = new Barrier(2)
  const insert = (keys: [number, number]) => {
    let attempt = 0
    return retryDeadlocks(() =>
      inTransaction(shop.pool, async (client) => {
        attempt += 1
        if (attempt > 1) deadlocks += 1
        const add = (key: number) =>
          client.query('insert into public.held values ($1) on conflict do nothing', [key])
        await add(keys[0])
        if (attempt === 1) await bothHold.arrive()
        await add(keys[1])
      }),
    )
  }
  await Promise.all([insert([1, 2]), insert([2, 1])])
  expect(deadlocks).toBeGreaterThan(0)
  const { rows } = await shop.pool.query('select key from public.held order by key')
  expect(rows).toEqual([{ key: 1 }, { key: 2 }])
  await expect(
    retryDeadlocks(async () => {
      throw new Error('of another kind')
    }),
  ).rejects.toThrow('of another kind')
})

/** Lets those who arrive go on when all are there. */
class Barrier {
  private waiting: (() => void)[] = []
  private readonly count: number

  constructor(count: number) {
    this.count = count
  }

  arrive(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve)
      if (this.waiting.length === this.count) for (const go of this.waiting) go()
    })
  }
}

it('an order that is sent again with fewer lines loses them in the facts, by what a batch changes', async () => {
  const order = (version: number, day: number, lines: [string, number, string | null][]) =>
    wholeOrder({
      source: SOURCE,
      orderId: 'o-1',
      version,
      orderedAt: at(2),
      updatedAt: at(day),
      user: 'u-1',
      lines,
    })
  const take = async (message: CleanMessage) => {
    const { loadId } = await stageClean(shop.pool, [message])
    await loadStaged([loadId])
    await loadMarts()
  }
  const facts = () =>
    store.rows(
      'select toString(day) as day, line_no, product_id, toInt32(quantity) as quantity from fct_order_line order by all',
    )
  await take(
    order(1, 2, [
      ['p-1', 1, '10'],
      ['p-2', 2, '20'],
    ]),
  )
  const whole = [
    { day: '2026-01-02', line_no: 1, product_id: 'p-1', quantity: 1 },
    { day: '2026-01-02', line_no: 2, product_id: 'p-2', quantity: 2 },
  ]
  expect(await facts()).toEqual(whole)
  await take(order(3, 4, [['p-2', 2, '20']]))
  const fewer = [{ day: '2026-01-02', line_no: 1, product_id: 'p-2', quantity: 2 }]
  expect(await facts()).toEqual(fewer)
  const products = () =>
    store.rows(
      'select product_id, toInt32(units) as units from product_performance where orders > 0 order by all',
    )
  expect(await products()).toEqual([{ product_id: 'p-2', units: 2 }])
  // An older version that arrives late changes nothing.
  await take(order(2, 3, [['p-9', 9, '9']]))
  expect(await facts()).toEqual(fewer)
  const found = await checksum(store)
  await loadMarts({ rebuild: 'all' })
  expect(await checksum(store)).toEqual(found)
}, 60_000)
