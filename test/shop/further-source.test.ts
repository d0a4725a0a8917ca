// A source that is in no folder of the shop: docs/add-a-source.md, followed literally.

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { migrateWarehouse } from '../../connections/migrations.ts'
import { landTopic, loadVault, openTestWarehouse, type TestWarehouse } from './warehouse.ts'

const FOLDER = vi.hoisted(() => {
  const folder = `${import.meta.dirname}/kiosk-source`
  // Adapters are found when they are imported.
  process.env.SHOP_SOURCES = folder
  return folder
})
const TOPIC = 'order-service_orders'
const fileOf = (name: string) => readFileSync(resolve(FOLDER, name), 'utf8')

describe('A source of a folder beside the shop', () => {
  let shop: TestWarehouse
  const rows = async (query: string) => (await shop.pool.query(query)).rows

  beforeAll(async () => {
    // The databases of other tests are copies of this one.
    delete process.env.SHOP_SOURCES
    shop = await openTestWarehouse()
    process.env.SHOP_SOURCES = FOLDER
    await migrateWarehouse({ warehouse: shop.pool })
    await shop.log.ensureTopics([{ topic: TOPIC, partitions: 1 }])
    const receipts = fileOf('receipts.txt').trimEnd().split('\n')
    await shop.log.append(
      TOPIC,
      receipts.map((receipt) => ({
        key: 'k',
        value: Buffer.from(receipt),
        headers: { source: 'kiosk' },
      })),
    )
    await landTopic(undefined, TOPIC)
    await loadVault({ topic: TOPIC })
  })
  afterAll(async () => {
    delete process.env.SHOP_SOURCES
    await shop.close()
  })

  it('is loaded, counted and refused by its own rules', async () => {
    expect(
      await rows(
        `select event_id, source, (occurred_at at time zone 'UTC')::text as at, currency
         from dds.nl_event order by 1`,
      ),
    ).toEqual([
      { event_id: 'K-1', source: 'kiosk', at: '2026-01-05 03:30:00', currency: 'INR' },
      { event_id: 'K-2', source: 'kiosk', at: '2026-01-05 18:20:00', currency: 'INR' },
    ])
    expect(await rows('select event_id from raw.duplicate')).toEqual([{ event_id: 'K-2' }])
    expect(await rows('select reason, detail from raw.quarantine')).toEqual([
      {
        reason: 'bad_time',
        detail: 'sold: found "06.01.2026 25:05", there is no such date, time or zone.',
      },
    ])
  })

  it('has days in its zone, and rows in hubs of its own', async () => {
    expect(await rows('select distinct source, day::text from dds.load_day order by 2')).toEqual([
      { source: 'kiosk', day: '2026-01-05' },
      { source: 'kiosk', day: '2026-01-06' },
    ])
    expect(
      await rows(`select product_id from dds.h_product where source = 'kiosk' order by 1`),
    ).toEqual([{ product_id: 'rusk' }, { product_id: 'tea' }])
  })

  it('is the one that docs/add-a-source.md shows', () => {
    const page = readFileSync('docs/add-a-source.md', 'utf8')
    const adapter = fileOf('kiosk.ts').replaceAll("'../../../tasks/messages/", "'../messages/")
    expect(page).toContain(adapter)
    for (const receipt of fileOf('receipts.txt').trimEnd().split('\n')) {
      expect(page).toContain(receipt)
    }
    const [row] = JSON.parse(fileOf('sources.json'))
    const shown = /```json\n(\{\n[^`]+?)\n```/.exec(page)?.[1]
    expect(JSON.parse(shown!)).toEqual(row)
  })
})
