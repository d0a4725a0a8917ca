// The batches of two sources side by side: each has its own, in turn, and what is wrong with one holds back
// no other.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRandom, type GeneratedMessage } from '../../generators/index.ts'
import { DataCheckFailed, SkipTask, type TaskContext } from '../../orchestrator/sdk/index.ts'
import { freezeBatch, type MartBatch, wakeNextBatch } from '../../tasks/marts/index.ts'
import { ANSWERS } from './answers.ts'
import { checksum, readMarts } from './mart-rows.ts'
import { type MartsStore, openMartsStore } from './marts-store.ts'
import { plainMarts } from './plain-marts.ts'
import { readShop } from './plain-shop.ts'
import { message, oddShop } from './shop-messages.ts'
import { landTopic, loadMarts, loadVault, nextContext, type TestWarehouse } from './warehouse.ts'

const EVENTS = 'user_events'
const ORDERS = 'order-service_orders'
const MESSAGES = oddShop(createRandom('two sources'), '2026-01-01', 1)
const NO_ANSWERS = { ...ANSWERS, rates: [], cities: {}, weather: {} }

interface Line {
  product: number
  price: number | null
  quantity: number
}

/** An order of ehandel, as the shop sends it; the time is that on its wall. */
function sale(orderId: number, time: string, lines: Line[]): GeneratedMessage {
  const order_details = lines.map(({ product, price, quantity }) => ({
    product_id: product,
    product_name: `Vara ${product}`,
    product_type: 'Varor',
    price_type: 'Styckpris',
    price,
    quantity,
  }))
  const sent = { order_id: orderId, customer_id: 7, order_details, order_time: time }
  return {
    key: String(orderId),
    value: Buffer.from(JSON.stringify(sent)),
    headers: { source: 'ehandel' },
    flaw: null,
  }
}
const SALES = [
  sale(1, '01/01/2026-23:59:59', [
    { product: 1, price: 12.5, quantity: 2 },
    { product: 1, price: 12.5, quantity: 1 },
    { product: 2, price: 99, quantity: 0 },
  ]),
  sale(2, '01/02/2026-00:00:00', [{ product: 2, price: 99, quantity: 3 }]),
]
const LINES = [
  { day: '2026-01-01', order_id: '1', line_no: 1, product_id: '1', quantity: 2, sales: 25 },
  { day: '2026-01-01', order_id: '1', line_no: 2, product_id: '1', quantity: 1, sales: 12.5 },
  { day: '2026-01-01', order_id: '1', line_no: 3, product_id: '2', quantity: 0, sales: 0 },
  { day: '2026-01-02', order_id: '2', line_no: 1, product_id: '2', quantity: 3, sales: 297 },
]

let store: MartsStore
let shop: TestWarehouse
beforeAll(async () => {
  store = await openMartsStore()
})
afterAll(() => store.close())
beforeEach(async () => {
  shop = await store.freshShop()
  await shop.log.ensureTopics([EVENTS, ORDERS].map((topic) => ({ topic, partitions: 1 })))
})
afterEach(() => shop.close())

async function takeIn(topic: string, messages: GeneratedMessage[], rowsPerLoad = 50_000) {
  await shop.log.append(topic, messages)
  await landTopic(50_000, topic)
  return loadVault({ topic, rowsPerLoad })
}

let runs = 0
/** dds_to_clickhouse as a run of its own. */
function nextRun(): () => TaskContext {
  runs += 1
  const runId = `run ${runs}`
  return () => nextContext({ runId })
}

const linesOfSales = () =>
  store.rows(
    `select toString(day) as day, order_id, line_no, product_id, toFloat64(quantity) as quantity,
       toFloat64(sales_amount) as sales
     from fct_order_line where source = 'ehandel' order by order_id, line_no`,
  )
const terraceMarts = () => readMarts(store, 'terrace')
const expected = () => plainMarts(readShop(MESSAGES, NO_ANSWERS))

describe('Two sources', () => {
  it('are loaded in turn, each in batches of its own, and replace no row of each other', async () => {
    await takeIn(EVENTS, MESSAGES)
    await takeIn(ORDERS, SALES)
    const first = await loadMarts({ context: nextRun() })
    const second = await loadMarts({ context: nextRun() })
    expect([first.source, second.source].sort()).toEqual(['ehandel', 'terrace'])
    expect(await loadMarts({ context: nextRun() })).toMatchObject({ batchId: null, source: null })
    expect(await terraceMarts()).toEqual(expected())
    expect(await linesOfSales()).toEqual(LINES)

    const whole = await checksum(store)
    await loadMarts({ rebuild: { source: 'ehandel' } })
    expect(await checksum(store)).toEqual(whole)
    await loadMarts({ rebuild: 'all' })
    expect(await checksum(store)).toEqual(whole)
    const partitions = await store.rows(
      `select distinct source from fct_order_line where _partition_value.1 <> source`,
    )
    expect(partitions).toEqual([])
  })

  it('go on without one whose batch cannot be published, until that is set aside', async () => {
    await takeIn(ORDERS, SALES)
    await shop.pool.query('update dds.s_order_line set unit_price = -1')
    const failed = nextRun()
    await expect(loadMarts({ context: failed })).rejects.toThrow(DataCheckFailed)
    await takeIn(EVENTS, MESSAGES)
    const { batch } = await runOf(failed)
    expect(await wakeNextBatch({ batch }, failed())).toEqual(['terrace'])

    const good = nextRun()
    const loaded = await loadMarts({ context: good })
    expect(loaded.source).toBe('terrace')
    expect(await terraceMarts()).toEqual(expected())
    expect(await linesOfSales()).toEqual([])
    // It is tried again at once, and then no more until something new comes.
    expect(await wakeNextBatch({ batch: loaded }, good())).toEqual(['ehandel'])
    for (let n = 0; n < 2; n++) {
      const context = nextRun()
      await expect(loadMarts({ context })).rejects.toThrow(DataCheckFailed)
      const again = await runOf(context)
      await expect(wakeNextBatch({ batch: again.batch }, context())).rejects.toThrow(SkipTask)
    }
    const late = message('late', 'signup', '2026-01-01T15:00:00Z', { user_id: 'user-late' })
    await takeIn(EVENTS, [late])
    expect((await loadMarts({ context: nextRun() })).source).toBe('terrace')
    expect(await loadMarts({ context: nextRun() })).toMatchObject({ batchId: null })
    const { rows } = await shop.pool.query(
      'select source, state from dds.mart_batch order by batch_id',
    )
    expect(rows).toEqual([
      { source: 'ehandel', state: 'set_aside' },
      { source: 'terrace', state: 'published' },
      { source: 'terrace', state: 'published' },
    ])

    await shop.pool.query('update dds.s_order_line set unit_price = 5')
    await shop.pool.query('update dds.mart_batch set retry_asked_at = now()')
    expect((await loadMarts({ context: nextRun() })).source).toBe('ehandel')
    expect(await linesOfSales()).toHaveLength(LINES.length)
  })

  it('both take a load that has days of both', async () => {
    await takeIn(EVENTS, MESSAGES)
    await takeIn(ORDERS, SALES)
    for (let n = 0; n < 2; n++) await loadMarts({ context: nextRun() })
    const { rows } = await shop.pool.query<{ load_id: string }>(
      `with answered as (
         insert into dds.load (
           log_id, topic, ranges, state, rule_version, count_raw, count_staged, count_duplicates,
           count_quarantined, finished_at, has_keys
         )
         values ('lookup', 'fx', '[]', 'finished', 0, 0, 0, 0, 0, clock_timestamp(), true)
         returning load_id
       ),
       days as (
         insert into dds.load_day (load_id, source, day, is_whole)
         select load_id, source, '2026-01-01', true
         from answered cross join unnest('{terrace,ehandel}'::text[]) as source
       )
       select load_id from answered`,
    )
    for (let n = 0; n < 2; n++) await loadMarts({ context: nextRun() })
    const taken = await shop.pool.query(
      'select source from dds.mart_batch_load where load_id = $1 order by source',
      [rows[0]!.load_id],
    )
    expect(taken.rows).toEqual([{ source: 'ehandel' }, { source: 'terrace' }])
  })
})

describe('A backlog', () => {
  it('is taken in batches that are not too large, after what has just come', async () => {
    const { loadIds } = await takeIn(EVENTS, MESSAGES, 12)
    const late = message('late', 'signup', '2026-01-01T15:00:00Z', { user_id: 'user-late' })
    const live = await takeIn(EVENTS, [late])
    expect(loadIds.length).toBeGreaterThan(3)
    const batches: string[][] = []
    for (;;) {
      const context = nextRun()
      const batch = await freezeBatch({ eventsPerBatch: 30 }, context())
      if (batch.batchId === null) break
      const { rows } = await shop.pool.query<{ load_id: string; count_events: number }>(
        `select load_id, sum(count_events)::int as count_events
         from dds.mart_batch_load inner join dds.load_day using (load_id, source)
         where batch_id = $1 group by load_id order by load_id`,
        [batch.batchId],
      )
      expect(rows.reduce((sum, row) => sum + row.count_events, 0)).toBeLessThanOrEqual(30)
      batches.push(rows.map((row) => row.load_id))
      await loadMarts({ context })
    }
    expect(batches[0]).toContain(live.loadIds[0])
    expect(batches.flat().sort()).toEqual([...loadIds, ...live.loadIds].sort())
    expect(await readMarts(store)).toEqual(plainMarts(readShop([...MESSAGES, late], NO_ANSWERS)))
    const whole = await checksum(store)
    await loadMarts({ rebuild: 'all' })
    expect(await checksum(store)).toEqual(whole)
  })
})

/** The batch that a run has frozen. */
async function runOf(context: () => TaskContext): Promise<{ batch: MartBatch }> {
  return { batch: await freezeBatch({}, context()) }
}
