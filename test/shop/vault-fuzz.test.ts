import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRandom, type Random } from '../../generators/random.ts'
import { KINDS, sampleEvent } from './sample-events.ts'
import { landTopic, loadVault, openTestWarehouse, type TestWarehouse } from './warehouse.ts'

let shop: TestWarehouse
beforeAll(async () => {
  shop = await openTestWarehouse()
  await shop.log.ensureTopics([{ topic: 'user_events', partitions: 2 }])
})
afterAll(() => shop.close())

// Values as JSON writes them: some are good for some fields, all are bad for most.
const VALUES = [
  'null',
  'true',
  '""',
  '" "',
  '"x"',
  '"\\u0000"',
  '"\\ud83d\\ude00"',
  '"a\\tb\\\\c\\n\\\\N"',
  '"infinity"',
  '"NaN"',
  '0',
  '-0',
  '-0.0',
  '1',
  '-1',
  '0.1',
  '0.10000000000000000000',
  '1e0',
  '1E-3',
  '99999999999999.999',
  '999999999999999',
  '1000000',
  '100001',
  '2147483648',
  '9223372036854775807',
  '9223372036854775808',
  '89.99999999999999999999999999999999999999999',
  '[]',
  '{}',
  '{"condition":"rain"}',
  '{"condition":"snow","temperature_c":-0.00}',
  '{"price":"1"}',
  '"1970-01-01T00:00:00Z"',
  '"1970-01-01 00:00:00.000000+1559"',
  '"2026-01-01T00:00:00.99999999999999999999999999999999999Z"',
  '"2026-01-01T23:59:59.9999999-15:59"',
  '"2024-02-29T12:00:00+00:00"',
  '"2026-01-01T00:00:60Z"',
  '"2024-02-29"',
  '"1900-01-01"',
  '"infinity"',
  '"TR"',
  '"EUR"',
  '"JPY"',
  '"CLOSED"',
]

function fuzzed(random: Random, n: number): string {
  const event = sampleEvent(random.pick(KINDS), random.chance(0.9) ? n : random.below(n + 1))
  if (random.chance(0.7)) event.payload.order_id = `order-${random.below(40)}`
  if (random.chance(0.7)) event.payload.at = `2026-01-01T12:00:${10 + random.below(50)}.5Z`
  const replacements: string[] = []
  const mutate = (parent: Record<string, unknown>) => {
    for (const [key, value] of Object.entries(parent)) {
      if (typeof value === 'object' && value !== null && random.chance(0.9)) {
        mutate(value as Record<string, unknown>)
      } else if (random.chance(0.08)) {
        parent[key] = `@@${replacements.push(random.pick(VALUES)) - 1}@@`
      }
    }
  }
  mutate(event as unknown as Record<string, unknown>)
  return JSON.stringify(event).replace(/"@@(\d+)@@"/g, (_, at) => replacements[Number(at)]!)
}

it('Whatever a field holds, a message is loaded, counted or quarantined, and no load fails', async () => {
  const random = createRandom('fuzz')
  const messages = Array.from({ length: 4_000 }, (_, n) => fuzzed(random, n))
  await shop.log.append(
    'user_events',
    messages.map((text, n) => ({ key: `k${n % 7}`, value: Buffer.from(text) })),
  )
  await landTopic()
  const { countRaw, countQuarantined } = await loadVault({ rowsPerLoad: 1_500 })
  expect(countRaw).toBe(messages.length)
  expect(countQuarantined).toBeGreaterThan(500)
  expect(countQuarantined).toBeLessThan(3_500)
  const { rows } = await shop.pool.query('select * from dds.accounting where difference <> 0')
  expect(rows).toEqual([])
  const kinds = await shop.pool.query('select distinct event_type from dds.nl_event')
  expect(kinds.rowCount).toBe(KINDS.length)
})
