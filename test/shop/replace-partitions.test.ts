import { afterAll, beforeAll, expect, it } from 'vitest'
import { replacePartitions } from '../../tasks/marts/replace-partitions.ts'
import { type MartsStore, openMartsStore } from './marts-store.ts'
import type { TestWarehouse } from './warehouse.ts'

let store: MartsStore
let shop: TestWarehouse
beforeAll(async () => {
  store = await openMartsStore()
  shop = await store.freshShop()
})
afterAll(async () => {
  await shop.close()
  await store.close()
})

const run = (query: string) => store.client.command({ query })

it('replaces partitions, by nothing as well, and asks the server for its settings once', async () => {
  await run('create table marts.staging_geo_analysis_1 as marts.geo_analysis')
  await run(`insert into marts.geo_analysis (city) values ('old')`)
  const asked: string[] = []
  const query = store.client.query.bind(store.client)
  store.client.query = (parameters) => {
    asked.push(parameters.query)
    return query(parameters)
  }
  const staged = {
    target: 'geo_analysis' as const,
    table: 'staging_geo_analysis_1',
    source: '',
    days: [],
    signal: new AbortController().signal,
  }
  await replacePartitions(store.client, staged, ['tuple()'])
  expect(await store.rows('select city from geo_analysis')).toEqual([])
  await run(`insert into marts.staging_geo_analysis_1 (city) values ('new')`)
  await replacePartitions(store.client, staged, ['tuple()'])
  expect(await store.rows('select city from geo_analysis')).toEqual([{ city: 'new' }])
  expect(asked.filter((text) => text.includes('system.settings'))).toHaveLength(1)
})
