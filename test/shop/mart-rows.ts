// The marts as tests compare them: rows in the order of their grain, without the time of computing.

import type { MartsStore } from './marts-store.ts'
import type { Row } from './plain-marts.ts'

/** Columns by which the rows of each mart are told apart, source left out. */
export const GRAINS: Record<string, string> = {
  daily_business_summary: 'day',
  product_performance: 'day, product_id',
  category_performance: 'day, category',
  user_engagement: 'day, user_id',
  active_users_7d: 'day',
  session_analytics: 'day, device_type',
  campaign_performance: 'day, campaign_id',
  geo_analysis: 'day, country, city',
  device_analysis: 'day, device_type, os',
  weather_impact: 'day, city, weather',
  daily_sales_report: 'day',
  daily_product_quantity: 'day, product_id',
}

/** Of one source, or of all. */
export async function readMarts(
  store: MartsStore,
  source: string | null = null,
): Promise<Record<string, Row[]>> {
  const marts: Record<string, Row[]> = {}
  for (const mart of Object.keys(GRAINS)) marts[mart] = await readMart(store, mart, source)
  return marts
}

/** Whole numbers as numbers, decimals as text. */
export async function readMart(
  store: MartsStore,
  mart: string,
  source: string | null = null,
): Promise<Row[]> {
  const where = source === null ? '' : `where source = '${source}'`
  return store.rows<Row>(
    `select * except (source, computed_at) from ${mart} ${where} order by source, ${GRAINS[mart]}
     settings output_format_json_quote_64bit_integers = 0, output_format_json_quote_decimals = 1`,
  )
}

/** One number for all facts and marts; when they were computed does not count. */
export async function checksum(store: MartsStore): Promise<Record<string, string>> {
  const sums: Record<string, string> = {}
  for (const table of ['fct_event', 'fct_session', 'fct_order_line', ...Object.keys(GRAINS)]) {
    const columns = table.startsWith('fct_') ? '*' : '* except (computed_at)'
    const [row] = await store.rows<{ sum: string }>(
      `select toString(cityHash64(groupArray(text))) as sum
       from (select toString(tuple(${columns})) as text from ${table} order by text)`,
    )
    sums[table] = row!.sum
  }
  return sums
}
