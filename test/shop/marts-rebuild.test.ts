// Rebuilds from the conf of a run, and what is loaded whole by itself.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRandom } from '../../generators/index.ts'
import { freezeBatch } from '../../tasks/marts/index.ts'
import { readRebuild, rebuildText } from '../../tasks/marts/rebuild.ts'
import { ANSWERS, tellAnswers } from './answers.ts'
import { checksum, readMart, readMarts } from './mart-rows.ts'
import { type MartsStore, openMartsStore } from './marts-store.ts'
import { plainMarts } from './plain-marts.ts'
import { readShop } from './plain-shop.ts'
import { message, oddShop } from './shop-messages.ts'
import { landTopic, loadMarts, loadVault, nextContext, type TestWarehouse } from './warehouse.ts'

const TOPIC = 'user_events'
const MESSAGES = oddShop(createRandom('to be rebuilt'), '2026-01-01', 4)
const LATER = message('later', 'signup', '2026-01-02T12:00:00Z', { user_id: 'user-new' })

let store: MartsStore
let shop: TestWarehouse
beforeAll(async () => {
  store = await openMartsStore()
})
afterAll(() => store.close())
async function openShop(): Promise<void> {
  shop = await store.freshShop()
  await shop.log.ensureTopics([{ topic: TOPIC, partitions: 1 }])
  await takeIn(MESSAGES)
  await tellAnswers(shop.pool, ANSWERS, ['2026-01-01', '2026-01-01'])
  await loadMarts()
}

async function takeIn(messages: typeof MESSAGES): Promise<void> {
  await shop.log.append(TOPIC, messages)
  await landTopic()
  await loadVault()
}

const spoil = (table: string, where = 'true') =>
  store.client.command({ query: `delete from marts.${table} where ${where}` })

describe('A rebuild', () => {
  beforeEach(openShop)
  afterEach(() => shop.close())

  it('builds the named marts for the named days, and nothing else', async () => {
    const right = await readMarts(store)
    await spoil('geo_analysis')
    await spoil('device_analysis')
    await loadMarts({
      rebuild: { marts: ['geo_analysis'], from: '2026-01-02', to: '2026-01-03' },
    })
    expect(await readMart(store, 'geo_analysis')).toEqual(
      right.geo_analysis!.filter(({ day }) => day === '2026-01-02' || day === '2026-01-03'),
    )
    expect(await readMart(store, 'device_analysis')).toEqual([])
    await loadMarts({ rebuild: { marts: ['geo_analysis', 'device_analysis'] } })
    expect(await readMarts(store)).toEqual(right)
  })

  it('brings everything back, facts as well, and takes away what dds does not have', async () => {
    const right = await checksum(store)
    await spoil('fct_event', `day = '2026-01-02'`)
    await spoil('fct_order_line')
    await store.client.command({
      query: `insert into marts.fct_session (source, day, session_hk, session_id)
        values ('terrace', '2025-06-01', generateUUIDv4(), 'never held')`,
    })
    await spoil('user_engagement')
    await loadMarts({ rebuild: 'all' })
    expect(await checksum(store)).toEqual(right)
  })

  it('finishes the batch that is waiting, in the same run', async () => {
    await takeIn([LATER])
    const waiting = await freezeBatch({}, nextContext())
    const batch = await loadMarts({ rebuild: { marts: ['weather_impact'] } })
    expect(batch.batchId).toBe(waiting.batchId)
    const { rows } = await shop.pool.query('select state from dds.mart_batch where batch_id = $1', [
      waiting.batchId,
    ])
    expect(rows).toEqual([{ state: 'published' }])
    expect(await readMarts(store)).toEqual(
      plainMarts(readShop([...MESSAGES, LATER], { ...ANSWERS })),
    )
  })
})

describe('The conf of a rebuild', () => {
  const SOURCES = ['ehandel', 'terrace']
  it.each([
    ['everything', 'Write {"rebuild": "all"}'],
    [{ marts: ['geo'] }, '"geo" is no table of the marts; known are fct_event, '],
    [{ marts: [] }, 'name at least one table'],
    [{ from: '2026-02-30' }, 'from: "2026-02-30" is no date; write it like 2026-01-31'],
    [{ from: '2026-02-01', to: '2026-01-01' }, 'from is after to'],
    [{ days: 3 }, '"days"'],
    [{ source: 'terrasse' }, '"terrasse" is no source that has loads; such are ehandel, terrace'],
  ])('is refused when it cannot be understood: %j', (rebuild, said) => {
    expect(() => readRebuild({ rebuild }, SOURCES)).toThrow(said)
  })

  it('has no other key, so that a typing error is not a run that does nothing', () => {
    expect(() => readRebuild({ rebuid: 'all' }, SOURCES)).toThrow(
      'found key "rebuid", but dds_to_clickhouse knows only "rebuild". Write {"rebuild": "all"}',
    )
  })

  it.each([
    ['all', 'every table, every day, of ehandel, terrace'],
    [
      { marts: ['geo_analysis', 'fct_event'] },
      'geo_analysis, fct_event, every day, of ehandel, terrace',
    ],
    [
      { source: 'terrace', from: '2026-01-01', to: '2026-01-31' },
      'every table, from 2026-01-01 up to 2026-01-31, of terrace',
    ],
    [{ to: '2026-01-31' }, 'every table, up to 2026-01-31, of ehandel, terrace'],
  ])('is told in words: %j', (rebuild, words) => {
    expect(rebuildText(readRebuild({ rebuild }, SOURCES)!)).toBe(words)
  })

  it('names facts and marts, and days without an end', () => {
    const rebuild = { marts: ['fct_event', 'geo_analysis'], from: '2026-01-01' }
    expect(readRebuild({ rebuild }, SOURCES)).toEqual({
      targets: ['fct_event', 'geo_analysis'],
      sources: SOURCES,
      from: '2026-01-01',
      to: null,
    })
    expect(readRebuild({}, SOURCES)).toBeNull()
  })
})

describe('Tables are loaded whole', () => {
  beforeEach(openShop)
  afterEach(async () => {
    delete process.env.REPORTING_CURRENCY
    await shop.close()
  })

  it('after dds was made anew, days that are no more included', async () => {
    // What a rebuild of dds leaves: other ids of loads, no batches, and here a day less.
    await shop.pool.query(`delete from dds.nl_event where occurred_at >= '2026-01-04'`)
    await shop.pool.query(
      `delete from dds.h_order where order_hk in (
         select order_hk from dds.order_now where ordered_at >= '2026-01-04'
       )`,
    )
    await shop.pool.query(`delete from dds.load_day where day >= '2026-01-04'`)
    await shop.pool.query('delete from dds.mart_watermark')
    await shop.pool.query('delete from dds.mart_batch_day')
    await shop.pool.query('delete from dds.mart_batch_load')
    await shop.pool.query('delete from dds.mart_batch')
    await loadMarts()
    const days = await store.rows<{ day: string }>(
      `select distinct toString(day) as day from fct_event order by day`,
    )
    expect(days.map(({ day }) => day)).toEqual(['2026-01-01', '2026-01-02', '2026-01-03'])
    for (const [mart, rows] of Object.entries(await readMarts(store))) {
      expect([...new Set(rows.map(({ day }) => day))].at(-1), mart).toBe('2026-01-03')
    }
  })

  it('when another reporting currency is set', async () => {
    process.env.REPORTING_CURRENCY = 'TRY'
    await takeIn([LATER])
    await loadMarts()
    const answers = { ...ANSWERS, reportingCurrency: 'TRY' }
    expect(await readMarts(store)).toEqual(plainMarts(readShop([...MESSAGES, LATER], answers)))
  })
})
