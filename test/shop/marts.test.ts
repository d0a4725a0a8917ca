// The marts against plain loops over the same messages, whatever the way by which they came.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRandom, type GeneratedMessage } from '../../generators/index.ts'
import { ANSWERS, tellAnswers } from './answers.ts'
import { killedInChild } from './killed-in-child.ts'
import { checksum, readMarts } from './mart-rows.ts'
import { type MartsStore, openMartsStore } from './marts-store.ts'
import { plainMarts } from './plain-marts.ts'
import { readShop } from './plain-shop.ts'
import { message, oddShop } from './shop-messages.ts'
import { landTopic, loadMarts, loadVault, type TestWarehouse } from './warehouse.ts'

const TOPIC = 'user_events'
const MESSAGES = oddShop(createRandom('odd shop'), '2026-01-01', 5)
const DAYS: [string, string] = ['2025-12-31', '2026-01-10']
const NO_ANSWERS = { ...ANSWERS, rates: [], cities: {}, weather: {} }
const EXPECTED = plainMarts(readShop(MESSAGES, ANSWERS))

let store: MartsStore
let shop: TestWarehouse
beforeAll(async () => {
  store = await openMartsStore()
})
afterAll(() => store.close())

async function openShop(): Promise<void> {
  shop = await store.freshShop()
  await shop.log.ensureTopics([{ topic: TOPIC, partitions: 2 }])
}

async function takeIn(
  messages: readonly GeneratedMessage[],
  options?: Parameters<typeof loadVault>[0],
): Promise<void> {
  await shop.log.append(TOPIC, [...messages])
  await landTopic()
  await loadVault(options)
}

function shuffled<T>(items: readonly T[], seed: string): T[] {
  const random = createRandom(seed)
  return items
    .map((item) => ({ item, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

const every = <T>(items: readonly T[], nth: number) => items.filter((_, n) => n % 3 === nth)

describe('The marts of source terrace', () => {
  beforeAll(async () => {
    await openShop()
    await takeIn(MESSAGES)
    await tellAnswers(shop.pool, ANSWERS, DAYS)
    await loadMarts()
  })
  afterAll(() => shop.close())

  it.each(Object.keys(EXPECTED))('have in %s what plain loops find', async (mart) => {
    expect(EXPECTED[mart]!.length).toBeGreaterThan(4)
    expect((await readMarts(store))[mart]).toEqual(EXPECTED[mart])
  })

  it('are the same when each is built from nothing, and when a run is done again', async () => {
    const before = await checksum(store)
    await loadMarts({ rebuild: 'all' })
    expect(await checksum(store)).toEqual(before)
    await shop.pool.query('delete from dds.mart_watermark')
    await loadMarts({ rebuild: { marts: ['active_users_7d'] } })
    expect(await checksum(store)).toEqual(before)
  })
})

describe('The marts of what comes late', () => {
  beforeEach(openShop)
  afterEach(() => shop.close())

  it('are the same shuffled, in several batches, every load of the vault twice', async () => {
    const mixed = shuffled(MESSAGES, 'mixed')
    const order = ['events', 'orders', 'products', 'users'] as const
    for (const nth of [0, 1, 2]) {
      await takeIn(every(mixed, nth), { rowsPerLoad: 60, order: [...order], times: 2 })
      if (nth === 1) await tellAnswers(shop.pool, ANSWERS, DAYS)
      // The other days of a mart are copied in the second batch, and linked in the third.
      await loadMarts(nth === 2 ? { copiedRows: 0 } : {})
      expect(await readMarts(store)).toEqual(await plainly(mixed, nth))
    }
    expect(await readMarts(store)).toEqual(EXPECTED)
  })

  /** What is right after the first parts. */
  async function plainly(mixed: GeneratedMessage[], nth: number) {
    const sent = [0, 1, 2].slice(0, nth + 1).flatMap((part) => every(mixed, part))
    return plainMarts(readShop(sent, nth === 0 ? NO_ANSWERS : ANSWERS))
  }

  it('say null and not nothing where no rate is known, until it is', async () => {
    await takeIn(MESSAGES)
    await loadMarts()
    const pending = await readMarts(store)
    expect(pending).toEqual(plainMarts(readShop(MESSAGES, NO_ANSWERS)))
    const products = pending.product_performance!
    expect(products.some((row) => row.revenue === null && row.pending_lines !== 0)).toBe(true)
    await tellAnswers(shop.pool, ANSWERS, DAYS)
    await loadMarts()
    expect(await readMarts(store)).toEqual(EXPECTED)
  })
})

describe('Revenue', () => {
  beforeEach(openShop)
  afterEach(() => shop.close())

  const order = (id: string, at: string, currency: string) =>
    message(`o-${id}`, 'order', at, {
      order_id: id,
      user_id: `user-${id}`,
      session_id: `session-${id}`,
      campaign_id: 'campaign',
      currency,
      cost: 20,
    })
  const line = (id: string, at: string) =>
    message(`l-${id}`, 'order_item', at, {
      order_id: id,
      line_no: 1,
      product_id: 'p',
      quantity: 2,
      unit_price: 10,
    })
  const status = (id: string, at: string, to: string) =>
    message(`${to}-${id}`, 'order_status', at, { order_id: id, status: to, at })

  it('is 0 where nothing is closed, and null where what is closed has no amount', async () => {
    const [first, second, third] = ['01', '02', '03'].map((day) => `2026-01-${day}T12:00:00Z`)
    const messages = [
      ...[order('bare', first!, 'EUR'), status('bare', first!, 'CLOSED')],
      ...[order('open', second!, 'EUR'), line('open', second!), status('open', second!, 'OPEN')],
      ...[order('paid', third!, 'EUR'), line('paid', third!), status('paid', third!, 'CLOSED')],
      ...[order('rate', third!, 'GBP'), line('rate', third!), status('rate', third!, 'CLOSED')],
      ...[order('none', third!, 'EUR'), status('none', third!, 'CLOSED')],
    ]
    await takeIn(messages)
    await loadMarts()
    const marts = await readMarts(store)
    expect(marts).toEqual(plainMarts(readShop(messages, NO_ANSWERS)))
    expect(marts.daily_business_summary).toMatchObject([
      { closed: 1, revenue: null, pending_lines: 1, average_order_value: null },
      { closed: 0, revenue: '0', pending_lines: 0, average_order_value: null },
      { closed: 3, revenue: '20', pending_lines: 2, average_order_value: 20 },
    ])

    await takeIn([line('bare', first!)])
    await loadMarts()
    expect((await readMarts(store)).daily_business_summary![0]).toMatchObject({
      revenue: '20',
      pending_lines: 0,
      average_order_value: 20,
    })
  })
})

describe('A session over midnight and an order', () => {
  beforeEach(openShop)
  afterEach(() => shop.close())

  it('move to the day on which they turn out to have begun, and leave the other', async () => {
    const who = { session_id: 's', user_id: 'u' }
    const visit = { ...who, campaign_id: null, referrer: null }
    const order = { order_id: 'o', ...who, campaign_id: null, currency: 'EUR', cost: 5 }
    const line = { order_id: 'o', line_no: 1, product_id: 'p', quantity: 2, unit_price: 2.5 }
    const parts = [
      [message('1', 'session_end', '2026-01-03T00:01:00Z', visit)],
      [message('2', 'session_start', '2026-01-02T23:59:00Z', visit)],
      [message('3', 'session_end', '2026-01-03T00:09:00Z', visit)],
      [message('4', 'order_item', '2026-01-05T10:00:00Z', line)],
      [message('5', 'order', '2026-01-02T23:59:59Z', order)],
      [message('6', 'session_start', '2026-01-01T23:00:00Z', visit)],
    ]
    for (const [n, part] of parts.entries()) {
      await takeIn(part)
      await loadMarts()
      const sent = parts.slice(0, n + 1).flat()
      expect(await readMarts(store)).toEqual(plainMarts(readShop(sent, NO_ANSWERS)))
    }
  })
})

describe('A reader', () => {
  beforeEach(openShop)
  afterEach(() => shop.close())

  it('sees each mart, and each day of a fact, as it was or as it becomes', async () => {
    await takeIn([...every(MESSAGES, 0), ...every(MESSAGES, 1)])
    await tellAnswers(shop.pool, ANSWERS, DAYS)
    await loadMarts()
    const before = await looks()
    await takeIn(every(MESSAGES, 2))
    let isLoading = true
    const seen: Record<string, string>[] = []
    const reading = (async () => {
      while (isLoading) seen.push(await looks())
    })()
    await loadMarts()
    isLoading = false
    await reading
    const after = await looks()
    expect(after).not.toEqual(before)
    for (const look of seen) {
      for (const [what, sum] of Object.entries(look)) {
        expect([before[what], after[what]], what).toContain(sum)
      }
    }
    expect(seen.length).toBeGreaterThan(3)
  })

  async function looks(): Promise<Record<string, string>> {
    const days = await store.rows<{ day: string; sum: string }>(
      `select toString(day) as day, toString(sum(cityHash64(event_hk, category, city))) as sum
       from fct_event group by day`,
    )
    const marts = await store.rows<{ mart: string; sum: string }>(
      Object.keys(EXPECTED)
        .map(
          (mart) => `select '${mart}' as mart,
            toString(sum(cityHash64(toString(tuple(* except (computed_at)))))) as sum from ${mart}`,
        )
        .join(' union all '),
    )
    return Object.fromEntries([
      ...days.map(({ day, sum }) => [`fct_event ${day}`, sum]),
      ...marts.map(({ mart, sum }) => [mart, sum]),
    ])
  }
})

describe('A load of the marts', () => {
  beforeEach(openShop)
  afterEach(() => shop.close())

  it.each([
    'before_replace=kill:2',
    'between_replacements=kill:1',
    'between_replace_and_watermark=kill:2',
    'before_mart_replace=kill:4',
    'between_mart_replace_and_watermark=kill:3',
  ])('ends the same after kill -9 at %s', async (failpoint) => {
    await takeIn([...every(MESSAGES, 0), ...every(MESSAGES, 1)])
    await loadMarts()
    await takeIn(every(MESSAGES, 2))
    await tellAnswers(shop.pool, ANSWERS, DAYS)
    await killedInChild(shop, store, `dds_to_clickhouse.${failpoint}`)
    await loadMarts()
    expect(await readMarts(store)).toEqual(EXPECTED)
    expect(await store.rows(`show tables like 'staging%'`)).toEqual([])
  })
})
