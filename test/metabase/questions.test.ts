// Every question on marts that were filled from messages: it reads, it has the columns that its head
// names, and rows. The Java driver, which Metabase uses, finds the same.

import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readerUrl } from '../../connections/clickhouse-front/reader-account.ts'
import { createRandom } from '../../generators/index.ts'
import { readQuestions } from '../../orchestrator/project-files/questions.ts'
import { isSkipped, runWithJavaDriver } from '../clickhouse/java-driver.ts'
import { ANSWERS, tellAnswers } from '../shop/answers.ts'
import { GRAINS } from '../shop/mart-rows.ts'
import { type MartsStore, openMartsStore } from '../shop/marts-store.ts'
import { oddShop } from '../shop/shop-messages.ts'
import { landTopic, loadMarts, loadVault, type TestWarehouse } from '../shop/warehouse.ts'

const QUESTIONS = readQuestions('metabase/questions')
const SEED_DASHBOARD = ['sales_by_category', 'daily_revenue', 'active_users', 'devices']
const SEED_USES = [
  ...['revenue_total', 'daily_revenue', 'weekly_revenue', 'monthly_revenue'],
  ...['most_profitable_products', 'most_profitable_categories'],
  ...['weather_and_visits', 'places_needing_attention', 'category_popularity'],
]

let store: MartsStore
let shop: TestWarehouse
beforeAll(async () => {
  store = await openMartsStore()
  shop = await store.freshShop()
  await shop.log.ensureTopics([{ topic: 'user_events', partitions: 1 }])
  await shop.log.append('user_events', oddShop(createRandom('questions'), '2026-01-01', 4))
  await landTopic()
  await loadVault()
  await tellAnswers(shop.pool, ANSWERS, ['2025-12-31', '2026-01-08'])
  await loadMarts()
})
afterAll(async () => {
  await shop?.close()
  await store?.close()
})

interface Table {
  meta: { name: string; type: string }[]
  data: unknown[][]
}

/** As Metabase and the page ask: read-only, within a time limit. */
async function ask(sql: string): Promise<Table> {
  const result = await store.client.query({
    query: sql,
    format: 'JSONCompact',
    clickhouse_settings: { readonly: '2', max_execution_time: 30 },
  })
  return (await result.json()) as Table
}

describe('The questions', () => {
  it('are sound, each with a title of its own', () => {
    expect(QUESTIONS.flatMap(({ problem }) => problem ?? [])).toEqual([])
    const titles = QUESTIONS.map(({ title }) => title)
    expect(new Set(titles).size).toBe(titles.length)
  })

  it('are one for each mart, those of the dashboard and those for the uses', () => {
    const ids = QUESTIONS.map(({ id }) => id)
    expect(ids).toEqual(expect.arrayContaining([...Object.keys(GRAINS), ...SEED_DASHBOARD]))
    expect(ids).toEqual(expect.arrayContaining(SEED_USES))
    for (const mart of Object.keys(GRAINS)) {
      const question = QUESTIONS.find(({ id }) => id === mart)!
      expect(question.sql, mart).toContain(`from ${mart}\n`)
    }
  })

  it.each(QUESTIONS)('$id: has its columns, and rows', async ({ sql, x, y }) => {
    const { meta, data } = await ask(sql)
    const columns = meta.map(({ name }) => name)
    expect(columns).toEqual(expect.arrayContaining(x === null ? y : [x, ...y]))
    expect(data.length).toBeGreaterThan(0)
    for (const name of y) {
      const at = columns.indexOf(name)
      expect(meta[at]!.type, name).toMatch(/Int|Float|Decimal/)
      expect(
        data.some((row) => row[at] !== null),
        `${name} has a value`,
      ).toBe(true)
    }
  })

  it.each(QUESTIONS)('$id: is lower-case SQL of at most 80 columns', async ({ file, sql }) => {
    const keywords = /\b(SELECT|FROM|WHERE|GROUP|ORDER|LIMIT|WITH|AS|JOIN|AND|SUM|COUNT)\b/
    expect(sql).not.toMatch(keywords)
    expect(sql.split('\n').filter((line) => line.length > 80)).toEqual([])
    // Metabase takes these for parameters.
    expect(sql, file).not.toMatch(/\{\{|\[\[/)
  })

  it('agree: what days, weeks, months and categories add up to is the revenue in total', async () => {
    const total = async (id: string) => {
      const { sql } = QUESTIONS.find((question) => question.id === id)!
      const { data } = await ask(`select sum(revenue) from (${sql})`)
      return Number(data[0]![0])
    }
    const whole = await total('revenue_total')
    expect(whole).toBeGreaterThan(0)
    for (const id of ['daily_revenue', 'weekly_revenue', 'monthly_revenue', 'sales_by_category']) {
      expect(await total(id), id).toBeCloseTo(whole, 4)
    }
  })

  it.skipIf(isSkipped)(
    'are read by the Java driver, all rows and columns',
    async () => {
      const { origin, username, password } = new URL(readerUrl(store.url))
      const source = fileURLToPath(new URL('ReadQuestions.java', import.meta.url))
      const marts = { origin, user: username, password, database: 'marts' }
      const printed = await runWithJavaDriver(source, marts, 'metabase/questions')
      const expected = QUESTIONS.map(async ({ id, sql }) => {
        const { meta, data } = await ask(sql)
        return `${id}\t${data.length} rows of ${meta.map(({ name }) => name).join(',')}`
      })
      expect(printed.trim().split('\n').sort()).toEqual((await Promise.all(expected)).sort())
    },
    240_000,
  )
})
