import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  DEFAULT_SHOP,
  type GeneratedMessage,
  generateInterval,
  type Shop,
} from '../../generators/index.ts'
import { createRandom } from '../../generators/random.ts'
import {
  checkLoads,
  cleanAndValidate,
  finishLoads,
  loadOrdersFromEvents,
  loadProductsAndCategories,
  upsertUsersFromRaw,
  validateAndLoadEvents,
} from '../../tasks/dds/index.ts'
import { acceptedEvents, plainVault } from './plain-vault.ts'
import { sampleEvent } from './sample-events.ts'
import { vaultContent } from './vault-content.ts'
import {
  landTopic,
  loadVault,
  nextContext,
  openTestWarehouse,
  type TestWarehouse,
} from './warehouse.ts'

const TOPIC = 'user_events'
const SHOP: Shop = { ...DEFAULT_SHOP, seed: 'vault', eventsPerMinute: 60, founders: 80 }

/** Some hours of two days, so that statuses follow the next day. */
function producedMessages(): GeneratedMessage[] {
  return [1, 2].flatMap((day) => {
    const start = Date.UTC(2026, 0, day, 18)
    return [...generateInterval(SHOP, new Date(start), new Date(start + 30 * 60_000))].flat()
  })
}

/** Without what is judged by the order in which it arrives. */
const inAnyOrder = (messages: GeneratedMessage[]) =>
  messages.filter(({ flaw }) => flaw !== 'event_id_conflict' && flaw !== 'status_after_closed')

let shop: TestWarehouse
beforeEach(async () => {
  shop = await openTestWarehouse()
  await shop.log.ensureTopics([{ topic: TOPIC, partitions: 3 }])
})
afterEach(() => shop.close())

const time = (column: string) =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
const number = (column: string) => `trim_scale(${column})`
const USER = 'inner join dds.h_user using (user_hk)'
const SESSION = 'inner join dds.h_session using (session_hk)'
const PRODUCT = 'inner join dds.h_product using (product_hk)'
const CATEGORY = 'inner join dds.h_category using (category_hk)'
const ORDER = 'inner join dds.h_order using (order_hk)'
const CAMPAIGN = 'inner join dds.h_campaign using (campaign_hk)'
const LOCATION = 'inner join dds.h_location using (location_hk)'

// Each table as the plain loops write it: columns, and the hubs that turn keys into business keys.
const TABLES: Record<string, [columns: string[], joins: string[]]> = {
  h_user: [['user_id'], []],
  h_session: [['session_id'], []],
  h_product: [['product_id'], []],
  h_category: [['category'], []],
  h_order: [['order_id'], []],
  h_campaign: [['campaign_id'], []],
  h_location: [['location_id'], []],
  l_session_user: [
    ['session_id', 'user_id'],
    [SESSION, USER],
  ],
  l_session_location: [
    ['session_id', 'location_id'],
    [SESSION, LOCATION],
  ],
  l_product_category: [
    ['product_id', 'category'],
    [PRODUCT, CATEGORY],
  ],
  l_order_user: [
    ['order_id', 'user_id'],
    [ORDER, USER],
  ],
  l_order_session: [
    ['order_id', 'session_id'],
    [ORDER, SESSION],
  ],
  l_order_campaign: [
    ['order_id', 'campaign_id'],
    [ORDER, CAMPAIGN],
  ],
  l_order_product: [
    ['order_id', 'line_no', 'product_id'],
    [ORDER, PRODUCT],
  ],
  es_product_category: [
    ['product_id', 'category', time('applied_at')],
    [PRODUCT, CATEGORY],
  ],
  s_user_names: [['user_id', time('applied_at'), 'name', 'email'], [USER]],
  s_user_profile: [
    ['user_id', time('applied_at'), 'gender', 'birth_date', time('registered_at'), 'language'],
    [USER],
  ],
  s_session_device: [
    ['session_id', time('applied_at'), 'device_type', 'os', 'browser', 'app_version'],
    [SESSION],
  ],
  s_location_geo: [['location_id', time('applied_at'), 'city', 'country', 'provider'], [LOCATION]],
  s_product_names: [['product_id', time('applied_at'), 'name', 'category'], [PRODUCT]],
  s_product_price: [['product_id', time('applied_at'), number('price'), 'currency'], [PRODUCT]],
  s_campaign: [['campaign_id', time('applied_at'), 'name', 'channel'], [CAMPAIGN]],
  s_order_cost: [['order_id', time('applied_at'), number('cost'), 'currency'], [ORDER]],
  s_order_line: [
    [
      'order_id',
      'line_no',
      'product_id',
      time('applied_at'),
      number('quantity'),
      number('unit_price'),
    ],
    ['inner join dds.l_order_product using (order_product_hk)', ORDER, PRODUCT],
  ],
  s_order_status: [['order_id', time('status_at'), 'status'], [ORDER]],
  nl_event: [['event_id', 'event_type', time('occurred_at')], []],
}

async function rowsOf(table: string): Promise<string[]> {
  const [columns, joins] = TABLES[table]!
  const texts = columns.map((column) => `coalesce((${column})::text, '-')`)
  const { rows } = await shop.pool.query<{ row: string }>(
    `select concat_ws('|', ${texts.join(', ')}) as row
     from dds.${table} as main
     ${joins.join('\n')}
     where main.record_source <> 'ghost'`,
  )
  return rows.map(({ row }) => row).sort()
}

describe('The vault', () => {
  it('holds in every table what plain loops over the messages find', async () => {
    const messages = producedMessages()
    await shop.log.append(TOPIC, messages)
    await landTopic()
    await loadVault()
    const expected = plainVault(acceptedEvents(messages))
    for (const table of Object.keys(TABLES)) {
      expect(expected[table]!.size, table).toBeGreaterThan(0)
      expect(await rowsOf(table), table).toEqual([...expected[table]!].sort())
    }
  })

  it('compares every table that messages feed', async () => {
    const fedElsewhere = ['s_location_weather']
    const content = await vaultContent(shop.pool)
    const tables = Object.keys(content).filter((table) => !fedElsewhere.includes(table))
    expect(tables.sort()).toEqual(Object.keys(TABLES).sort())
  })

  it('is the same when messages come shuffled, in many loads, every target twice and backwards', async () => {
    const messages = inAnyOrder(producedMessages())
    await shop.log.append(TOPIC, messages)
    await landTopic()
    await loadVault()
    const straight = await vaultContent(shop.pool)
    await shop.close()

    shop = await openTestWarehouse()
    await shop.log.ensureTopics([{ topic: TOPIC, partitions: 2 }])
    const random = createRandom('shuffled')
    const mixed = messages
      .map((message) => ({ message, at: random.next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ message }) => message)
    const half = Math.ceil(mixed.length / 2)
    for (const part of [mixed.slice(0, half), mixed.slice(half)]) {
      await shop.log.append(TOPIC, part)
      await landTopic(500)
      await loadVault({
        rowsPerLoad: 400,
        order: ['events', 'orders', 'products', 'users'],
        times: 2,
      })
    }
    expect(await vaultContent(shop.pool)).toEqual(straight)
  })

  // Two loads that bring the same keys in two orders would wait for each other.
  it('takes the keys of a load in their order', async () => {
    await shop.log.append(TOPIC, producedMessages().slice(0, 700))
    await landTopic()
    await loadVault()
    const { rows: tables } = await shop.pool.query<{ name: string; keys: string }>(
      `select conrelid::regclass::text as name,
         string_agg(quote_ident(attname), ', ' order by place) as keys
       from pg_constraint
       cross join lateral unnest(conkey) with ordinality as part (attnum, place)
       join pg_attribute on attrelid = conrelid and pg_attribute.attnum = part.attnum
       where contype = 'p' and connamespace = 'dds'::regnamespace
         and conrelid::regclass::text ~ '^dds.(h|l|s|es)_'
       group by conrelid`,
    )
    for (const { name, keys } of tables) {
      const inserted = `select ${keys} from ${name} where record_source <> 'ghost'`
      const [found, sorted] = [
        await shop.pool.query(`${inserted} order by ctid`),
        await shop.pool.query(`${inserted} order by ${keys}`),
      ]
      expect(found.rows, name).toEqual(sorted.rows)
    }
    expect(tables.length).toBeGreaterThan(25)
  })

  it('is the same when targets load side by side, those of other runs as well', async () => {
    await shop.log.append(TOPIC, inAnyOrder(producedMessages()))
    await landTopic()
    const loads = await cleanAndValidate({ topic: TOPIC, rowsPerLoad: 1_000 }, nextContext())
    const targets = [
      upsertUsersFromRaw,
      loadProductsAndCategories,
      loadOrdersFromEvents,
      validateAndLoadEvents,
    ]
    await Promise.all(
      [...targets, ...targets.toReversed()].map((load) => load({ loads }, nextContext())),
    )
    await checkLoads({ loads }, nextContext())
    await finishLoads({ loads }, nextContext())
    const sideBySide = await vaultContent(shop.pool, { withPlaces: true })
    const { rows } = await shop.pool.query('select * from dds.accounting where difference <> 0')
    expect(rows).toEqual([])
    const expected = plainVault(acceptedEvents(inAnyOrder(producedMessages())))
    expect(sideBySide.nl_event?.count).toBe(expected.nl_event!.size)
    expect(sideBySide.s_order_line?.count).toBe(expected.s_order_line!.size)
  })

  it('keeps the members of each kind of event, and only of that kind', async () => {
    const events = [
      sampleEvent('purchase', 1, {
        payload: { quantity: 3, weather: { condition: 'rain', temperature_c: -1.5 } },
      }),
      sampleEvent('campaign_event', 2, { payload: { user_id: 'user-7' } }),
      sampleEvent('order_status', 3),
      sampleEvent('order_item', 4),
      sampleEvent('signup', 5, { payload: { quantity: 9, cost: 'x', action: 'click' } }),
      sampleEvent('session_start', 6, { payload: { campaign_id: 'campaign-1' } }),
    ]
    await shop.log.append(
      TOPIC,
      events.map((event) => ({ key: 'k', value: Buffer.from(JSON.stringify(event)) })),
    )
    await landTopic()
    await loadVault()
    const { rows } = await shop.pool.query(
      `select event_type, user_id, product_id, order_id, campaign_id, trim_scale(quantity) as quantity,
         trim_scale(unit_price) as unit_price, currency, action, trim_scale(cost) as cost, weather,
         temperature_c
       from dds.nl_event
       ${[USER, PRODUCT, ORDER, CAMPAIGN].join('\n')}
       order by event_id`,
    )
    const nothing = { quantity: null, unit_price: null, currency: null, action: null, cost: null }
    const ghosts = {
      user_id: 'ghost',
      product_id: 'ghost',
      order_id: 'ghost',
      campaign_id: 'ghost',
      ...nothing,
      weather: null,
      temperature_c: null,
    }
    const at = (event_type: string, values: object) => ({ ...ghosts, event_type, ...values })
    expect(rows).toEqual([
      at('purchase', {
        user_id: 'user-1',
        product_id: 'product-1',
        quantity: '3',
        unit_price: '12.5',
        currency: 'EUR',
        weather: 'rain',
        temperature_c: '-1.50',
      }),
      at('campaign_event', {
        user_id: 'user-7',
        campaign_id: 'campaign-1',
        currency: 'EUR',
        action: 'click',
        cost: '0.25',
      }),
      at('order_status', { order_id: 'order-1', action: 'OPEN' }),
      at('order_item', {
        order_id: 'order-1',
        product_id: 'product-1',
        quantity: '2',
        unit_price: '12.5',
      }),
      at('signup', { user_id: 'user-1' }),
      at('session_start', { user_id: 'user-1', campaign_id: 'campaign-1' }),
    ])
  })
})
