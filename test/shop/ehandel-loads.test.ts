import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reportQuarantine } from '../../tasks/dds/index.ts'
import { ehandelOrder, lamp } from './ehandel-orders.ts'
import {
  landTopic,
  loadVault,
  nextContext,
  openTestWarehouse,
  type TestWarehouse,
} from './warehouse.ts'

const TOPIC = 'order-service_orders'
const plain = JSON.stringify(ehandelOrder(1))

// What is sent, in this order, and what becomes of it.
const MESSAGES: [what: string, becomes: string, value: string | null][] = [
  ['an order', 'loaded', plain],
  ['the same bytes again', 'duplicate', plain],
  ['the same order, printed another way', 'duplicate', JSON.stringify(ehandelOrder(1), null, 4)],
  ['other content under its id', 'event_id_conflict', plain.replace('782', '783')],
  [
    'an order of nothing',
    'loaded',
    JSON.stringify(ehandelOrder(2, { order_details: [{ ...lamp, quantity: 0 }] })),
  ],
  ['a product twice', 'loaded', JSON.stringify(ehandelOrder(3, { order_details: [lamp, lamp] }))],
  [
    'a quantity below nothing',
    'bad_quantity',
    JSON.stringify(ehandelOrder(4)).replace(':4}', ':-4}'),
  ],
  ['a tombstone', 'tombstone', null],
  ['no JSON', 'not_json', '<html>'],
  ['a repeated key', 'duplicate_key', plain.replace('{', '{"order_id":9,')],
  [
    'the doubled hour',
    'loaded',
    JSON.stringify(ehandelOrder(5, { order_time: '10/27/2024-02:30:00' })),
  ],
  [
    'the skipped hour',
    'loaded',
    JSON.stringify(ehandelOrder(6, { order_time: '03/31/2024-02:30:00' })),
  ],
]

describe('Orders of ehandel', () => {
  let shop: TestWarehouse
  let loads: Awaited<ReturnType<typeof loadVault>>
  const rows = async (query: string) => (await shop.pool.query(query)).rows
  const send = async (values: readonly (string | null)[]) => {
    await shop.log.append(
      TOPIC,
      values.map((value) => ({
        key: 'k',
        value: value === null ? null : Buffer.from(value),
        headers: { source: 'ehandel' },
      })),
    )
    await landTopic(undefined, TOPIC)
    loads = await loadVault({ topic: TOPIC })
  }
  const fates = () =>
    rows(
      `select kafka_offset::int as place, 'loaded' as fate from dds.nl_event
       union all select kafka_offset::int, 'duplicate' from raw.duplicate
       union all select kafka_offset::int, reason from raw.quarantine
       order by place`,
    )

  beforeAll(async () => {
    shop = await openTestWarehouse()
    await shop.log.ensureTopics([{ topic: TOPIC, partitions: 1 }])
    await send(MESSAGES.map(([, , value]) => value))
  })
  afterAll(() => shop.close())

  it('are loaded, counted as duplicates or refused with a reason, each once', async () => {
    expect((await fates()).map(({ place, fate }) => [MESSAGES[place]?.[0], fate])).toEqual(
      MESSAGES.map(([what, becomes]) => [what, becomes]),
    )
    expect(await rows('select sum(difference)::int as off from dds.accounting')).toEqual([
      { off: 0 },
    ])
    const report = await reportQuarantine({ loads }, nextContext())
    expect(report).toMatchObject({ countRaw: MESSAGES.length, countQuarantined: 5 })
  })

  it('stand at the instants that the clock in the shop showed', async () => {
    expect(
      await rows(
        `select event_id, (occurred_at at time zone 'UTC')::text as at from dds.nl_event
         where event_id >= '100005' order by 1`,
      ),
    ).toEqual([
      { event_id: '100005', at: '2024-10-27 00:30:00' },
      { event_id: '100006', at: '2024-03-31 01:30:00' },
    ])
  })

  it('come again later, and count once', async () => {
    await send([plain])
    expect((await fates()).at(-1)).toEqual({ place: MESSAGES.length, fate: 'duplicate' })
  })
})
