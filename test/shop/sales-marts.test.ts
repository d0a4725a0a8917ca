// The marts of every source against plain loops over lines of orders, whose sources have other rules.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sqlFile } from '../../connections/sql-file.ts'
import { createRandom } from '../../generators/index.ts'
import { type MartsStore, openMartsStore } from './marts-store.ts'
import type { TestWarehouse } from './warehouse.ts'

/** Whole units and whole prices, so that sums need no decimals. */
interface Line {
  source: string
  day: string
  order_id: string
  line_no: number
  product_id: string | null
  status: string
  is_revenue: boolean
  is_unpriced: boolean
  quantity: number | null
  sales_amount: number | null
  sales_currency: string
}

const DAYS = ['2026-03-28', '2026-03-29', '2026-03-30']
const SOURCES = ['terrace', 'ehandel', 'hepsiburada', 'mixed']

function linesOf(seed: string): Line[] {
  const random = createRandom(seed)
  return SOURCES.flatMap((source) =>
    DAYS.flatMap((day) =>
      Array.from({ length: 12 }, (_none, n) => {
        const status = random.pick(['OPEN', 'CLOSED', 'CANCELLED'])
        const hasLines = source === 'ehandel' || random.between(0, 4) > 0
        return Array.from({ length: hasLines ? random.between(1, 4) : 1 }, (_line, at): Line => {
          const isUnpriced = hasLines && (source === 'hepsiburada' || random.between(0, 9) === 0)
          const quantity = hasLines ? random.between(0, 3) : null
          const isPending = source === 'terrace' && (day === DAYS[0] || random.between(0, 4) === 0)
          const isKnown = hasLines && !isUnpriced && !isPending
          return {
            source,
            day,
            order_id: `${day} ${n}`,
            line_no: hasLines ? at + 1 : 0,
            // Few products: an order repeats them.
            product_id: hasLines ? `product-${random.between(1, 3)}` : null,
            status,
            is_revenue: { hepsiburada: false, ehandel: true }[source] ?? status === 'CLOSED',
            is_unpriced: isUnpriced,
            quantity,
            sales_amount: isKnown ? quantity! * random.between(1, 500) : null,
            sales_currency: source === 'mixed' && n === 0 ? 'NOK' : 'SEK',
          }
        })
      }).flat(),
    ),
  )
}

const LINES = linesOf('two marts')

let store: MartsStore
let shop: TestWarehouse
beforeAll(async () => {
  store = await openMartsStore()
  shop = await store.freshShop()
  await store.client.insert({ table: 'fct_order_line', values: LINES, format: 'JSONEachRow' })
})
afterAll(async () => {
  await shop.close()
  await store.close()
})

async function built(mart: string, source: string): Promise<unknown[]> {
  const result = await store.client.query({
    query: `select * except computed_at from (${await sqlFile(`marts/${mart}/load.sql`)}) order by all
      settings output_format_json_quote_64bit_integers = 0, output_format_json_quote_decimals = 0`,
    query_params: { source, days: DAYS },
    format: 'JSONEachRow',
  })
  return result.json()
}

function salesOf(lines: Line[]) {
  const revenue = lines.filter((line) => line.is_revenue)
  const amounts = revenue.flatMap(({ sales_amount: amount }) => (amount === null ? [] : [amount]))
  const real = lines.filter(({ line_no }) => line_no > 0)
  const isNeverPriced = real.length > 0 && real.every((line) => line.is_unpriced)
  const currencies = new Set(lines.map((line) => line.sales_currency))
  const isUnknown = amounts.length === 0 && (revenue.length > 0 || isNeverPriced)
  return {
    sales:
      isUnknown || currencies.size > 1 ? null : amounts.reduce((sum, amount) => sum + amount, 0),
    currency: currencies.size > 1 ? null : [...currencies][0],
    pending_lines: revenue.filter((line) => line.sales_amount === null && !line.is_unpriced).length,
    unpriced_lines: lines.filter((line) => line.is_unpriced).length,
  }
}

function groupsOf(lines: Line[], keyOf: (line: Line) => string): [string, Line[]][] {
  const keys = [...new Set(lines.map(keyOf))].sort()
  return keys.map((key) => [key, lines.filter((line) => keyOf(line) === key)])
}

describe.each(SOURCES)('Of source %s', (source) => {
  const lines = LINES.filter((line) => line.source === source)

  it('a day has its orders received, and their sales', async () => {
    const expected = groupsOf(lines, ({ day }) => day).map(([day, ofDay]) => ({
      source,
      day,
      orders: new Set(ofDay.map(({ order_id }) => order_id)).size,
      ...salesOf(ofDay),
    }))
    expect(await built('daily_sales_report', source)).toEqual(expected)
  })

  it('a product of a day has the units of all orders, also none', async () => {
    const sold = lines.filter(({ product_id }) => product_id !== null)
    const expected = groupsOf(sold, ({ day, product_id }) => `${day}|${product_id}`).map(
      ([key, ofProduct]) => ({
        source,
        day: key.split('|')[0],
        product_id: key.split('|')[1],
        quantity: ofProduct.reduce((sum, { quantity }) => sum + (quantity ?? 0), 0),
        ...salesOf(ofProduct),
      }),
    )
    expect(await built('daily_product_quantity', source)).toEqual(expected)
  })

  it.each(['daily_sales_report', 'daily_product_quantity'])('%s equals the facts', async (mart) => {
    const load = await sqlFile(`marts/${mart}/load.sql`)
    await store.client.command({
      query: `insert into ${mart} (source, day, ${mart === 'daily_sales_report' ? 'orders' : 'product_id, quantity'}, sales, currency, pending_lines, unpriced_lines, computed_at) ${load}`,
      query_params: { source, days: DAYS },
    })
    for (const [statement, staging] of [
      ['check', mart],
      ['totals', mart],
    ]) {
      const result = await store.client.query({
        query: await sqlFile(`marts/${mart}/${statement}.sql`),
        query_params: { source, days: DAYS, staging },
        format: 'JSONEachRow',
      })
      expect(await result.json(), statement).toEqual([])
    }
  })
})

it('Unknown sales are null, and none are 0', async () => {
  const sales = async (source: string) =>
    ((await built('daily_sales_report', source)) as { sales: number | null }[]).map(
      (row) => row.sales,
    )
  expect(await sales('hepsiburada')).toEqual([null, null, null])
  expect((await sales('terrace'))[0]).toBeNull()
  expect(await sales('ehandel')).toEqual([
    expect.any(Number),
    expect.any(Number),
    expect.any(Number),
  ])
})
