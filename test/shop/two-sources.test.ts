// Orders of ehandel in their original shape beside the shop of terrace: from `terrace produce` to the facts
// and marts, against plain loops over the file, whatever is killed and however often it is sent.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRandom } from '../../generators/index.ts'
import { findFormat } from '../../tasks/produce/reading/find-format.ts'
import { createPace } from '../../tasks/produce/sending/pace.ts'
import { produceFile, type SentFile } from '../../tasks/produce/sending/produce-file.ts'
import { ANSWERS, tellAnswers } from './answers.ts'
import { checksum, readMarts } from './mart-rows.ts'
import { type MartsStore, openMartsStore } from './marts-store.ts'
import {
  type EhandelOrder,
  ehandelFile,
  oddEhandelOrders,
  type PlainOrderLine,
  plainEhandel,
} from './plain-ehandel.ts'
import { plainMarts } from './plain-marts.ts'
import { readShop } from './plain-shop.ts'
import { oddShop } from './shop-messages.ts'
import { loadWaiting, TOPICS, takeInBoth } from './take-in-both.ts'
import type { TestWarehouse } from './warehouse.ts'

const EVENTS = oddShop(createRandom('beside ehandel'), '2026-01-01', 3)
const DAYS: [string, string] = ['2025-12-31', '2026-01-10']
const TERRACE = plainMarts(readShop(EVENTS, ANSWERS))

const random = createRandom('ehandel file')
const ORDERS = oddEhandelOrders(random, 40)
/** Some orders are delivered again, byte for byte; of two another content stands under the same id. */
const FILE: EhandelOrder[] = [
  ...ORDERS,
  ...ORDERS.filter((_, n) => n % 5 === 0),
  ...ORDERS.slice(3, 5).map((order) => ({ ...order, customer_id: order.customer_id + 1 })),
]
const EXPECTED = plainEhandel(FILE)

let store: MartsStore
let shop: TestWarehouse
let folder: string
beforeAll(async () => {
  store = await openMartsStore()
  folder = mkdtempSync(join(tmpdir(), 'terrace-two-sources-'))
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

async function openShop(): Promise<void> {
  shop = await store.freshShop()
  await shop.log.ensureTopics(TOPICS.map((topic) => ({ topic, partitions: 2 })))
}

/** What `terrace produce ehandel-orders FILE` does. */
async function produce(orders: readonly EhandelOrder[]): Promise<SentFile> {
  const name = join(folder, 'orders.txt')
  writeFileSync(name, ehandelFile(orders))
  const format = (await findFormat('ehandel-orders'))!
  const { source, target } = format
  const sent = await produceFile(
    { eventLog: shop.log, pool: shop.pool, sentBy: 'test' },
    {
      name,
      formatName: 'ehandel-orders',
      source: source!,
      target: target!,
      read: (bytes) => format.read(bytes, { timestamp: null, now: new Date() }),
    },
    {
      rate: null,
      pace: createPace(null),
      isStrict: false,
      signal: new AbortController().signal,
      onBad: (record) => expect.unreachable(`line ${record.line}: ${record.problem}`),
      onProgress: () => {},
    },
  )
  expect(sent.stop).toBeNull()
  return sent
}

async function expectEhandel(expected = EXPECTED): Promise<void> {
  const lines = await store.rows<Record<string, unknown>>(
    `select toString(day) as day, formatDateTime(ordered_at, '%F %T', 'UTC') as ordered_at, order_id,
       toInt32(line_no) as line_no, user_id, product_id, toFloat64(quantity) as quantity,
       toFloat64(unit_price) as unit_price, status, toFloat64(sales_amount) as sales, sales_currency
     from fct_order_line where source = 'ehandel' order by order_id, line_no`,
  )
  expect(lines).toEqual(
    [...expected.lines].sort(byOrder).map((line) => ({
      ...line,
      status: 'CLOSED',
      sales: expect.closeTo(line.quantity * line.unit_price, 6),
      sales_currency: 'SEK',
    })),
  )
  expect(
    await store.rows(
      `select toString(day) as day, toUInt32(orders) as orders, toFloat64(sales) as sales
       from daily_sales_report where source = 'ehandel' order by day`,
    ),
  ).toEqual(expected.daily_sales_report)
  expect(
    await store.rows(
      `select toString(day) as day, product_id, toFloat64(quantity) as quantity,
         toFloat64(sales) as sales
       from daily_product_quantity where source = 'ehandel' order by day, product_id`,
    ),
  ).toEqual(expected.daily_product_quantity)
}

const byOrder = (a: PlainOrderLine, b: PlainOrderLine) =>
  Number(a.order_id) - Number(b.order_id) || a.line_no - b.line_no

/** Every message is an event, a counted duplicate or a quarantine row of its source. */
async function accounting(): Promise<Record<string, unknown>[]> {
  const { rows } = await shop.pool.query(
    `select
       (select count(*)::int from raw.message where topic = $1) as raw,
       (select count(*)::int from dds.nl_event where topic = $1) as loaded,
       (select count(*)::int from raw.duplicate where topic = $1) as duplicates,
       (select json_object_agg(reason, n) from (
         select reason, count(*)::int as n from raw.quarantine where topic = $1 group by reason
       ) as refused) as refused`,
    ['order-service_orders'],
  )
  return rows
}

describe('A second source', () => {
  beforeEach(openShop)
  afterEach(() => shop.close())

  it('has in facts and marts what plain loops find, and changes nothing of the first', async () => {
    await shop.log.append('user_events', [...EVENTS])
    await produce(FILE)
    await takeInBoth()
    await tellAnswers(shop.pool, ANSWERS, DAYS)
    await loadWaiting()
    await expectEhandel()
    expect(await readMarts(store, 'terrace')).toEqual(TERRACE)
    expect(await accounting()).toEqual([
      {
        raw: FILE.length,
        loaded: EXPECTED.accepted.length,
        duplicates: EXPECTED.countDuplicates,
        refused: { event_id_conflict: EXPECTED.countConflicts },
      },
    ])

    const before = await checksum(store)
    const again = await produce(FILE)
    expect(again.sentBefore).not.toBeNull()
    await takeInBoth()
    expect(await checksum(store)).toEqual(before)

    await loadWaiting({ rebuild: 'all' })
    expect(await checksum(store)).toEqual(before)
  })

  it('is the same in parts, shuffled, with every load of the vault twice', async () => {
    const mixed = ORDERS.map((order) => ({ order, at: random.next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ order }) => order)
    for (const nth of [0, 1, 2]) {
      await shop.log.append(
        'user_events',
        EVENTS.filter((_, n) => n % 3 === nth),
      )
      await produce(mixed.filter((_, n) => n % 3 === nth))
      if (nth === 1) await tellAnswers(shop.pool, ANSWERS, DAYS)
      await takeInBoth({
        rowsPerLoad: 60,
        order: ['events', 'orders', 'products', 'users'],
        times: 2,
      })
    }
    await expectEhandel(plainEhandel(ORDERS))
    expect(await readMarts(store, 'terrace')).toEqual(TERRACE)
  })
})

describe('Two sources of which one was killed', () => {
  beforeAll(openShop)
  afterAll(() => shop.close())

  // One after the other in one warehouse: each goes on where the one before was killed.
  it.each(
    [
      'kafka_to_raw.between_copy_and_commit',
      'kafka_to_raw.after_commit',
      'raw_to_dds.before_stage_commit',
      'raw_to_dds.before_load_commit',
      'raw_to_dds.before_finish_commit',
      'dds_to_clickhouse.before_replace',
      'dds_to_clickhouse.between_replace_and_watermark',
      'dds_to_clickhouse.before_mart_replace',
      'dds_to_clickhouse.between_mart_replace_and_watermark',
    ].map((failpoint, nth) => [failpoint, nth] as const),
  )('go on after a kill at %s', async (failpoint, nth) => {
    await shop.log.append(
      'user_events',
      EVENTS.filter((_, n) => n % 9 === nth),
    )
    await produce(FILE.filter((_, n) => n % 9 === nth))
    await killedAt(failpoint)
    if (nth === 4) await tellAnswers(shop.pool, ANSWERS, DAYS)
  })

  it('have everything once in the end', async () => {
    await takeInBoth()
    expect(await readMarts(store, 'terrace')).toEqual(TERRACE)
    // Of an order with two contents the first that was sent holds.
    const sent = Array.from({ length: 9 }, (_, nth) => FILE.filter((_, n) => n % 9 === nth)).flat()
    await expectEhandel(plainEhandel(sent))
  })
})

async function killedAt(failpoint: string): Promise<void> {
  const script = fileURLToPath(new URL('two-sources-in-child.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script, shop.url, store.url], {
    env: { ...process.env, TERRACE_FAILPOINTS: `${failpoint}=kill:1` },
    stdio: 'inherit',
  })
  const [, signal] = await once(child, 'exit')
  expect(signal, 'the signal by which the child ended').toBe('SIGKILL')
}
