import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { migrateWarehouse } from '../../connections/migrations.ts'
import { readSourceRules } from '../../connections/source-rules.ts'
import { openTestWarehouse, type TestWarehouse } from './warehouse.ts'

const SOUND = {
  source: 'kiosk',
  system: '900',
  topics: ['kiosk-sales'],
  time_zone: 'Asia/Kathmandu',
  currency: 'INR',
  oldest: '2020-01-01T00:00:00Z',
  event_id: 'receipt',
  least_quantity: 1,
  revenue: 'every',
  marts_currency: 'own',
}

const folder = mkdtempSync(join(tmpdir(), 'terrace-sources-'))
const file = join(folder, 'sources.json')
const given = (rows: unknown) => {
  writeFileSync(file, typeof rows === 'string' ? rows : JSON.stringify(rows))
  process.env.SHOP_SOURCES = folder
}
afterEach(() => {
  delete process.env.SHOP_SOURCES
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('A row of sources.json', () => {
  it('is read beside those of the shop', () => {
    given([SOUND])
    expect(readSourceRules().map(({ source }) => source)).toEqual([
      'terrace',
      'hepsiburada',
      'shop_analytics',
      'delivery',
      'ehandel',
      'kiosk',
    ])
  })

  // The field, what it holds, and what the message has to say of it.
  it.each([
    ['source', 'Kiosk-1', 'found "Kiosk-1". Write a name of lower-case letters'],
    ['source', undefined, 'row 1, source: it is missing. Write a name'],
    ['system', 900, 'found 900. Write a text'],
    ['topics', [], 'found []. Write a list of the topics'],
    ['topics', 'kiosk-sales', 'Write a list of the topics'],
    ['topics', ['kiosk sales'], 'found ["kiosk sales"]. Write a list'],
    ['time_zone', 'Europe/Stokholm', 'found "Europe/Stokholm". Write a zone of the IANA database'],
    ['time_zone', '+03:00', 'Write a zone of the IANA database'],
    ['time_zone', null, 'found null. Write a zone'],
    ['currency', 'XXQ', 'found "XXQ". Write an ISO 4217 code that seeds/currencies.json has'],
    ['currency', 'toString', 'Write an ISO 4217 code'],
    ['currency', undefined, 'it is missing. Write an ISO 4217 code'],
    ['oldest', '2020-01-01', 'Write a time in UTC from 1970 on'],
    ['oldest', '1969-12-31T00:00:00Z', 'Write a time in UTC from 1970 on'],
    ['event_id', '', 'found "". Write a text'],
    ['least_quantity', 2, 'found 2. Write 1, or 0'],
    ['least_quantity', '0', 'found "0". Write 1, or 0'],
    ['revenue', 'all', 'found "all". Write "closed"'],
    ['marts_currency', 'EUR', 'found "EUR". Write "reporting"'],
  ])('with a wrong %s (%j) is an error that says where, what and how', (field, value, said) => {
    given([{ ...SOUND, [field]: value }])
    const where = field === 'source' ? file : `${file}, source "kiosk", ${field}: `
    expect(() => readSourceRules()).toThrow(where)
    expect(() => readSourceRules()).toThrow(said)
  })

  it('names a field that there is not, a source that stands twice, and a file that is no list', () => {
    given([{ ...SOUND, timezone: 'UTC' }])
    expect(() => readSourceRules()).toThrow(
      `${file}, source "kiosk": no field "timezone". Remove it; the fields are source, system,`,
    )
    given([SOUND, SOUND])
    expect(() => readSourceRules()).toThrow(`source "kiosk": ${file} has a row of it already`)
    given([{ ...SOUND, source: 'terrace' }])
    expect(() => readSourceRules()).toThrow('seeds/sources.json has a row of it already')
    given({ sources: [SOUND] })
    expect(() => readSourceRules()).toThrow(`${file}: it is no list`)
    given(['kiosk'])
    expect(() => readSourceRules()).toThrow(`${file}, row 1: it is no object`)
    given('[{]')
    expect(() => readSourceRules()).toThrow(`${file}: it cannot be read as JSON`)
    rmSync(file)
    expect(() => readSourceRules()).toThrow(`${file}: it cannot be read as JSON (ENOENT`)
  })

  it('names all that is wrong at once', () => {
    given([{ ...SOUND, revenue: 1, oldest: 1 }])
    expect(() => readSourceRules()).toThrow(/oldest: .*\n.*revenue: /)
  })
})

describe('A migration', () => {
  let shop: TestWarehouse
  const migrate = () => migrateWarehouse({ warehouse: shop.pool })
  const stored = async () =>
    (
      await shop.pool.query(
        'select to_jsonb(t) as row, xmin from dds.ref_source as t order by source',
      )
    ).rows
  const kiosk = async () => (await stored()).find(({ row }) => row.source === 'kiosk')?.row

  beforeAll(async () => {
    shop = await openTestWarehouse()
  })
  afterAll(() => shop.close())

  it('has written the rules of the shop', async () => {
    const rules = JSON.parse(readFileSync('seeds/sources.json', 'utf8'))
    const rows = (await stored()).map(({ row }) => ({ ...row, oldest: Date.parse(row.oldest) }))
    expect(rows).toHaveLength(5)
    for (const rule of rules)
      expect(rows).toContainEqual({ ...rule, oldest: Date.parse(rule.oldest) })
  })

  it('adds a row, writes one that has changed, and touches none that has not', async () => {
    given([SOUND])
    expect(await migrate()).toEqual({ applied: [], notes: [] })
    expect(await kiosk()).toMatchObject({ time_zone: 'Asia/Kathmandu', least_quantity: 1 })
    const before = await stored()
    expect(await migrate()).toEqual({ applied: [], notes: [] })
    expect(await stored()).toEqual(before)
    given([{ ...SOUND, least_quantity: 0 }])
    expect(await migrate()).toEqual({ applied: [], notes: [] })
    expect(await kiosk()).toMatchObject({ least_quantity: 0 })
  })

  it('says what has to be loaded anew when what was loaded goes by another rule', async () => {
    given([{ ...SOUND, time_zone: 'Europe/Istanbul', revenue: 'closed' }])
    const { notes } = await migrate()
    expect(notes).toHaveLength(2)
    expect(notes[0]).toMatch(
      /Source "kiosk": time_zone was Asia\/Kathmandu and is Europe\/Istanbul/,
    )
    expect(notes[0]).toMatch(/terrace dags trigger raw_to_dds --conf '{"rebuild": true}'/)
    expect(notes[1]).toMatch(/revenue was every and is closed .* dds_to_clickhouse/)
    expect(await migrate()).toMatchObject({ notes: [] })
  })

  it('changes nothing when a row is wrong', async () => {
    const before = await stored()
    given([{ ...SOUND, time_zone: 'Mars/Olympus', currency: 'SEK' }])
    await expect(migrate()).rejects.toThrow('found "Mars/Olympus"')
    expect(await stored()).toEqual(before)
  })
})
