import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sqlFile } from '../../connections/sql-file.ts'
import { FailTask } from '../../orchestrator/sdk/index.ts'
import {
  type CleanResult,
  checkLoads,
  cleanAndValidate,
  finishLoads,
  loadOrdersFromEvents,
  loadProductsAndCategories,
  upsertUsersFromRaw,
  validateAndLoadEvents,
} from '../../tasks/dds/index.ts'
import { minorUnits } from '../../tasks/messages/money.ts'
import { KINDS, sampleEvent } from './sample-events.ts'
import { landTopic, nextContext, openTestWarehouse, type TestWarehouse } from './warehouse.ts'

let shop: TestWarehouse
let loads: CleanResult
beforeEach(async () => {
  shop = await openTestWarehouse()
  await shop.log.ensureTopics([{ topic: 'user_events', partitions: 1 }])
  await send([
    ...KINDS.map((kind, n) => sampleEvent(kind, n + 1)),
    sampleEvent('session_start', 100, { payload: { campaign_id: 'campaign-1' } }),
    sampleEvent('order', 101, { payload: { order_id: 'order-2', campaign_id: 'campaign-1' } }),
  ])
  loads = await cleanAndValidate({ topic: 'user_events' }, nextContext())
  await loadTargets()
})
afterEach(() => shop.close())

async function send(events: object[]): Promise<void> {
  await shop.log.append(
    'user_events',
    events.map((event) => ({ key: 'k', value: Buffer.from(JSON.stringify(event)) })),
  )
  await landTopic()
}

async function loadTargets(): Promise<void> {
  for (const load of [
    upsertUsersFromRaw,
    loadProductsAndCategories,
    loadOrdersFromEvents,
    validateAndLoadEvents,
  ]) {
    await load({ loads }, nextContext())
  }
}

async function states(): Promise<string[]> {
  const { rows } = await shop.pool.query('select state from dds.load order by load_id')
  return rows.map(({ state }) => state)
}

// A row that is gone, and the check that misses it.
const GONE: [table: string, check: string][] = [
  ['h_user', 'event_without_hub'],
  ['h_session', 'event_without_hub'],
  ['h_product', 'event_without_hub'],
  ['h_order', 'event_without_hub'],
  ['h_campaign', 'event_without_hub'],
  ['h_category', 'link_without_hub'],
  ['h_location', 'link_without_hub'],
  ['l_session_location', 'lost_attributes'],
  ['s_user_profile', 'lost_attributes'],
  ['s_session_device', 'lost_attributes'],
  ['s_product_price', 'lost_attributes'],
  ['es_product_category', 'lost_attributes'],
  ['s_campaign', 'lost_attributes'],
  ['s_order_cost', 'lost_attributes'],
  ['s_order_line', 'lost_attributes'],
  ['s_order_status', 'lost_attributes'],
  ['nl_event', 'accounting'],
]

describe('The checks of a load', () => {
  it('pass when nothing is wrong', async () => {
    const { passed } = await checkLoads({ loads }, nextContext())
    expect(passed).toContain('dds/checks/lost_attributes.sql')
    expect(passed).toContain('raw/checks/accounting.sql')
  })

  it.each(GONE)(
    'miss a row of %s: %s stops publishing until it is loaded again',
    async (table, check) => {
      await shop.pool.query(
        `delete from dds.${table} where load_dts > '2000-01-01' and record_source <> 'ghost'`,
      )
      const checking = checkLoads({ loads }, nextContext())
      await expect(checking).rejects.toThrow(FailTask)
      await expect(checking).rejects.toThrow(new RegExp(`${check}.sql: \\d+ offending rows\n  {`))
      expect(await states()).toEqual(['staged'])
      await loadTargets()
      await checkLoads({ loads }, nextContext())
      await finishLoads({ loads }, nextContext())
      expect(await states()).toEqual(['finished'])
    },
  )

  const ACCOUNTS: [string, string, RegExp][] = [
    [
      'was loaded and counted as a duplicate as well',
      `insert into raw.duplicate (log_id, topic, kafka_partition, kafka_offset, load_id, source, event_id)
       select log_id, topic, kafka_partition, kafka_offset, load_id, source, event_id
       from dds.nl_event where event_type = 'order' limit 1`,
      /accounting.sql: 1 offending rows\n.*"count_outcomes":"2".*loaded/,
    ],
    [
      'is gone from raw, while its event is there',
      'delete from raw.user_events where kafka_offset = 3',
      /accounting.sql: 1 offending rows\n.*"kafka_offset":"3","count_outcomes":"1"/,
    ],
    [
      'stands in the load, and its event under another',
      `with other as (
         insert into dds.load (log_id, topic, ranges, state, rule_version, count_raw, count_staged,
           count_duplicates, count_quarantined)
         select log_id, topic, '[]', 'staged', rule_version, 0, 0, 0, 0 from dds.load
         returning load_id
       )
       update dds.nl_event set load_id = other.load_id from other where kafka_offset = 2`,
      /accounting.sql: 1 offending rows\n.*"kafka_offset":"2","count_outcomes":"0"/,
    ],
    [
      'is out of the range of the load',
      `update dds.load set ranges = '[[0, "0", "5"]]'`,
      /accounting.sql: \d+ offending rows\n.*"kafka_offset":"\d+","count_outcomes":"1"/,
    ],
  ]

  it.each(ACCOUNTS)('find a message that %s', async (_, damage, found) => {
    await shop.pool.query(damage)
    await expect(checkLoads({ loads }, nextContext())).rejects.toThrow(found)
  })

  it('find a key that is not the hash of its business key', async () => {
    await shop.pool.query(`update dds.h_user set user_id = 'User-1' where user_id = 'user-1'`)
    await shop.pool.query(`update dds.nl_event set event_id = 'x' where event_type = 'order'`)
    const checking = checkLoads({ loads }, nextContext())
    await expect(checking).rejects.toThrow(/hub_key_mismatch.sql: 1 offending rows\n.*User-1/)
    await expect(checking).rejects.toThrow(/event_key_mismatch.sql: 2 offending rows/)
  })

  it('find a line that stands twice under other keys', async () => {
    await shop.pool.query(
      `insert into dds.l_order_product
       select gen_random_uuid(), order_hk, product_hk, line_no, load_dts, record_source, load_id
       from dds.l_order_product`,
    )
    await expect(checkLoads({ loads }, nextContext())).rejects.toThrow(
      /order_line_repeated.sql: 1 offending rows\n.*"count_rows":"2"/,
    )
  })

  it('find a status after a CLOSED that was known', async () => {
    await shop.pool.query(
      `insert into dds.s_order_status
       select order_hk, status_at - interval '1 hour', 'CLOSED', load_dts, 'x', load_id - 1
       from dds.s_order_status`,
    )
    await expect(checkLoads({ loads }, nextContext())).rejects.toThrow(
      /status_after_closed.sql: 1 offending rows/,
    )
  })

  it('note an order that costs another sum than its lines, and one that has not arrived', async () => {
    await checkLoads({ loads }, nextContext())
    await finishLoads({ loads }, nextContext())
    const of = (order_id: string) => ({ payload: { order_id } })
    await send([
      sampleEvent('order', 200, { payload: { order_id: 'order-3', cost: 26 } }),
      sampleEvent('order_item', 201, of('order-3')),
      sampleEvent('order_status', 202, { payload: { order_id: 'order-3', status: 'CLOSED' } }),
      sampleEvent('order_item', 203, of('order-4')),
    ])
    loads = await cleanAndValidate({ topic: 'user_events' }, nextContext())
    await loadTargets()
    const context = nextContext()
    const { noted } = await checkLoads({ loads }, context)
    expect(noted).toEqual({
      'dds/notes/order_cost_difference.sql': 1,
      'dds/notes/order_line_decimals.sql': 0,
      'dds/notes/order_line_without_order.sql': 1,
    })
    const logged = context.logged.map(({ message }) => message).join('\n')
    expect(logged).toContain('"order_id":"order-3","cost":"26.0000","sum_of_lines":"25.00000000"')
    expect(logged).toContain('"order_id":"order-4"')
  })

  it('note a line with more decimals than the currency of its order has', async () => {
    await finishLoads({ loads }, nextContext())
    const currencies = Intl.supportedValuesOf('currency').filter(
      (code) => minorUnits(code) !== null,
    )
    const lines = currencies.flatMap((currency) =>
      [1, 1.5, 1.25, 1.125].map((price, decimals) => ({ currency, price, decimals })),
    )
    const id = (line: (typeof lines)[number]) => `${line.currency}-${line.decimals}`
    await send(
      lines.flatMap((line, n) => [
        sampleEvent('order', 1000 + n, {
          payload: { order_id: id(line), currency: line.currency, cost: 1 },
        }),
        sampleEvent('order_item', 2000 + n, {
          payload: { order_id: id(line), unit_price: line.price },
        }),
      ]),
    )
    loads = await cleanAndValidate({ topic: 'user_events' }, nextContext())
    expect(loads.countQuarantined).toBe(0)
    await loadTargets()
    const { rows } = await shop.pool.query(await sqlFile('dds/notes/order_line_decimals.sql'), [
      loads.loadIds,
    ])
    const tooMany = lines.filter((line) => line.decimals > minorUnits(line.currency)!)
    expect(rows.map((row) => row.order_id).sort()).toEqual(tooMany.map(id).sort())
    expect(rows).toContainEqual({
      source: 'terrace',
      order_id: 'JPY-1',
      line_no: 1,
      unit_price: '1.5',
      currency: 'JPY',
    })
  })

  it('let no load count as finished that lacks events', async () => {
    await shop.pool.query(`delete from dds.nl_event where event_type = 'order'`)
    await expect(finishLoads({ loads }, nextContext())).rejects.toThrow(
      `Loads ${loads.loadIds[0]} are not finished: dds.nl_event lacks some of their events.`,
    )
    expect(await states()).toEqual(['staged'])
  })
})
