// Every question on marts that were filled from messages: it reads, it has the columns that its head
// names, and rows. The Java driver, which Metabase uses, finds the same.

import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readerUrl } from '../../connections/clickhouse-front/reader-account.ts'
import { createRandom } from '../../generators/index.ts'
import { readQuestions } from '../../orchestrator/project-files/questions.ts'
import { FACTS } from '../../tasks/marts/index.ts'
import { isSkipped, runWithJavaDriver } from '../clickhouse/java-driver.ts'
import { ANSWERS, tellAnswers } from '../shop/answers.ts'
import { GRAINS } from '../shop/mart-rows.ts'
import { type MartsStore, openMartsStore } from '../shop/marts-store.ts'
import { readShop } from '../shop/plain-shop.ts'
import { message, oddShop } from '../shop/shop-messages.ts'
import { landTopic, loadMarts, loadVault, type TestWarehouse } from '../shop/warehouse.ts'

const QUESTIONS = readQuestions('metabase/questions')
const SEED_DASHBOARD = ['sales_by_category', 'daily_revenue', 'active_users', 'devices']
const SEED_USES = [
  ...['revenue_total', 'daily_revenue', 'weekly_revenue', 'monthly_revenue'],
  ...['most_profitable_products', 'most_profitable_categories'],
  ...['weather_and_visits', 'places_needing_attention', 'category_popularity'],
]

/** Views in a weather that is warmer from one to the next. */
const warmer = [10, 11.5, 17].map((temperature_c, n) =>
  message(`warmer-${n}`, 'view', `2026-01-02T1${n}:00:00Z`, {
    session_id: 'session-warmer',
    user_id: 'user-1',
    product: { product_id: 'product-1', name: 'P', category: null, price: 100, currency: 'EUR' },
    quantity: 1,
    platform: 'desktop',
    weather: { condition: 'clear', temperature_c },
  }),
)
const MESSAGES = [...oddShop(createRandom('places'), '2026-01-01', 4), ...warmer]

let store: MartsStore
let shop: TestWarehouse
beforeAll(async () => {
  store = await openMartsStore()
  shop = await store.freshShop()
  await shop.log.ensureTopics([{ topic: 'user_events', partitions: 1 }])
  await shop.log.append('user_events', MESSAGES)
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

const plain = readShop(MESSAGES, ANSWERS)
const askQuestion = (wanted: string) => ask(QUESTIONS.find(({ id }) => id === wanted)!.sql)

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

  it('divides visits in a weather by the hours of it, and not by days or rows', async () => {
    const { sessions, events, lines, surroundingsOf } = plain
    const isKnown = (city: string, condition: string) =>
      city !== 'unknown' && !['unknown', 'unavailable'].includes(condition)
    const seen = new Map<string, { sessions: number; orders: Set<string>; hours: Set<string> }>()
    const of = (condition: string) => {
      const found = seen.get(condition) ?? { sessions: 0, orders: new Set(), hours: new Set() }
      seen.set(condition, found)
      return found
    }
    for (const { city, weather } of sessions) {
      if (isKnown(city, weather.condition)) of(weather.condition).sessions += 1
    }
    for (const { city, weather, order } of lines) {
      if (isKnown(city, weather.condition)) of(weather.condition).orders.add(order)
    }
    for (const { session, weather, at } of events) {
      const { city, country } = surroundingsOf(session)
      const hour = Math.floor(at / 3_600_000)
      if (isKnown(city, weather.condition)) {
        of(weather.condition).hours.add(`${country} ${city} ${hour}`)
      }
    }
    const expected = [...seen].map(([condition, one]) => [
      condition,
      one.hours.size === 0 ? null : one.sessions / one.hours.size,
      one.hours.size === 0 ? null : one.orders.size / one.hours.size,
    ])
    const { data } = await askQuestion('weather_and_visits')
    expect(data.length).toBeGreaterThan(2)
    expect([...data].sort()).toEqual(expected.sort())
  })

  it('takes the mean of temperatures, and not of means', async () => {
    const temperatures = new Map<string, number[]>()
    for (const { session, type, weather } of plain.events) {
      if ((session === null && type !== 'view') || weather.temperature === null) continue
      const found = temperatures.get(weather.condition) ?? []
      temperatures.set(weather.condition, [...found, Number(weather.temperature) / 100])
    }
    const { meta, data } = await askQuestion('weather_impact')
    const at = meta.findIndex(({ name }) => name === 'mean_temperature_c')
    expect(temperatures.size).toBeGreaterThan(1)
    for (const row of data) {
      const all = temperatures.get(String(row[0]))
      if (all === undefined) expect(row[at]).toBeNull()
      else expect(row[at]).toBeCloseTo(all.reduce((sum, one) => sum + one, 0) / all.length, 9)
    }
  })

  it('divides what users did by the users who did anything', async () => {
    const days = [...new Set(plain.events.map(({ day }) => day))].sort()
    const expected = days.flatMap((day) => {
      const ofDay = plain.events.filter((event) => event.day === day && event.user !== null)
      const users = new Set(ofDay.map(({ user }) => user)).size
      const views = ofDay.filter(({ type }) => type === 'view').length
      return users === 0 ? [] : [[day, views / users]]
    })
    const { data } = await askQuestion('user_engagement')
    expect(data.flatMap(([day, views]) => (views === null ? [] : [[day, views]]))).toEqual(expected)
  })

  it('look at their own source alone, also for which days are the last', async () => {
    const before = await Promise.all(QUESTIONS.map(({ sql }) => ask(sql)))
    for (const table of [...Object.keys(GRAINS), ...FACTS]) {
      await store.client.command({
        query: `insert into ${table} (source, day) values ('another', '2030-01-01')`,
      })
    }
    const after = await Promise.all(QUESTIONS.map(({ sql }) => ask(sql)))
    for (const [n, { id }] of QUESTIONS.entries()) {
      const { meta, data } = after[n]!
      // A question that shows every source tells them apart, and the new one has a row of its own.
      const at = meta.findIndex(({ name }) => name === 'source')
      const ofOthers = data.filter((row) => at === -1 || row[at] !== 'another')
      expect(ofOthers, id).toEqual(before[n]!.data)
      expect(ofOthers.length < data.length, id).toBe(
        id.startsWith('daily_sales') || id.startsWith('daily_product'),
      )
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
