import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { migrateMarts } from '../../connections/migrations.ts'
import { StaleFenceError } from '../../connections/warehouse-fence.ts'
import {
  DEFAULT_SHOP,
  type GeneratedMessage,
  generateInterval,
  type Shop,
} from '../../generators/index.ts'
import { createRandom } from '../../generators/random.ts'
import { buildMart, freezeBatch, transferTable } from '../../tasks/marts/index.ts'
import { claimTarget } from '../../tasks/marts/target-claim.ts'
import { type MartsStore, openMartsStore } from './marts-store.ts'
import { activeUsers, readEvents } from './plain-active-users.ts'
import { landTopic, loadMarts, loadVault, nextContext, type TestWarehouse } from './warehouse.ts'

const TOPIC = 'user_events'
const SMALL: Shop = {
  ...DEFAULT_SHOP,
  seed: 'thin stream',
  eventsPerMinute: 12,
  founders: 60,
  duplicateShare: 0.05,
  brokenShare: 0.05,
  // Which of two is refused depends on the order in which they come.
  conflictShare: 0,
  reopenedShare: 0,
}
const DAY_MS = 86_400_000
const START = Date.UTC(2026, 0, 1)

/** Some minutes of each of ten days, day 5 left out, so that windows and gaps matter. */
function messagesOfDays(): GeneratedMessage[] {
  return [0, 1, 2, 3, 4, 6, 7, 8, 9].flatMap((day) => {
    const start = START + day * DAY_MS
    return [...generateInterval(SMALL, new Date(start), new Date(start + 5 * 60_000))].flat()
  })
}

function shuffled<T>(items: readonly T[], seed: string): T[] {
  const random = createRandom(seed)
  return items
    .map((item) => ({ item, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

let store: MartsStore
let shop: TestWarehouse
beforeAll(async () => {
  store = await openMartsStore()
})
afterAll(() => store.close())
beforeEach(async () => {
  shop = await store.freshShop()
  await shop.log.ensureTopics([{ topic: TOPIC, partitions: 3 }])
})
afterEach(() => shop.close())

const MART = `select toString(day) as day, toUInt32(active_users_day) as day_users,
  toUInt32(active_users_7d) as week_users, toUInt32(new_users) as new_users,
  toUInt32(returning_users) as returning_users, stickiness
  from active_users_7d order by source, day`
const FACT = `select toString(cityHash64(groupArray(tuple(*)))) as sum, toUInt32(count()) as rows
  from (select * from fct_event order by source, occurred_at, event_hk)`

async function vaultSum(): Promise<unknown[]> {
  const sums: unknown[] = []
  const tables = {
    h_user: 'user_hk, user_id',
    h_product: 'product_hk, product_id',
    h_session: 'session_hk, session_id',
    l_session_user: 'session_user_hk',
    s_user_names: 'user_hk, applied_at, hash_diff',
    s_user_profile: 'user_hk, applied_at, hash_diff',
    s_product_names: 'product_hk, applied_at, hash_diff',
    s_product_price: 'product_hk, applied_at, hash_diff',
    nl_event: 'event_hk, user_hk, session_hk, product_hk, occurred_at, payload_hash, unit_price',
  }
  for (const [table, columns] of Object.entries(tables)) {
    const { rows } = await shop.pool.query(
      `select '${table}' as name, count(*), md5(string_agg(row::text, ',' order by row::text)) as sum
       from (select ${columns} from dds.${table}) as row`,
    )
    sums.push(rows[0])
  }
  return sums
}

async function difference(): Promise<unknown[]> {
  const { rows } = await shop.pool.query('select * from dds.accounting where difference <> 0')
  return rows
}

describe('The thin stream from the log to the marts', () => {
  it('gives active_users_7d as plain loops do, and event ids equal as sets in every layer', async () => {
    const messages = messagesOfDays()
    await shop.log.append(TOPIC, messages)
    await landTopic()
    await loadVault()
    await loadMarts()
    expect(await store.rows(MART)).toEqual(activeUsers(readEvents(messages)))
    expect(await difference()).toEqual([])
    const produced = readEvents(messages).map((event) => event.event_id)
    const loaded = await shop.pool.query<{ event_id: string }>('select event_id from dds.nl_event')
    const inFact = await store.rows<{ event_id: string }>('select event_id from fct_event')
    expect(loaded.rows.map((row) => row.event_id).sort()).toEqual([...produced].sort())
    expect(inFact.map((row) => row.event_id).sort()).toEqual([...produced].sort())
  })

  it('gives the same vault and marts shuffled, in many loads, every target twice', async () => {
    const messages = messagesOfDays()
    await shop.log.append(TOPIC, messages)
    await landTopic()
    await loadVault()
    await loadMarts()
    const straight = [await vaultSum(), await store.rows(FACT), await store.rows(MART)]
    await shop.close()

    shop = await store.freshShop()
    await shop.log.ensureTopics([{ topic: TOPIC, partitions: 2 }])
    const mixed = shuffled(messages, 'mixed')
    const third = Math.ceil(mixed.length / 3)
    for (let part = 0; part < 3; part++) {
      await shop.log.append(TOPIC, mixed.slice(part * third, (part + 1) * third))
      await landTopic(50)
      await loadVault({
        rowsPerLoad: 40,
        order: ['events', 'orders', 'products', 'users'],
        times: 2,
      })
      await loadMarts()
    }
    expect([await vaultSum(), await store.rows(FACT), await store.rows(MART)]).toEqual(straight)
    expect(await difference()).toEqual([])
  })

  it('reopens the days of late events', async () => {
    const messages = messagesOfDays()
    const late = messages.filter((_, n) => n % 10 === 0)
    await shop.log.append(
      TOPIC,
      messages.filter((_, n) => n % 10 !== 0),
    )
    await landTopic()
    await loadVault()
    await loadMarts()
    await shop.log.append(TOPIC, late)
    await landTopic()
    await loadVault()
    await loadMarts()
    expect(await store.rows(MART)).toEqual(activeUsers(readEvents(messages)))
  })

  it('has nothing to do when no load has finished, and takes up a batch that was left', async () => {
    expect((await loadMarts()).batchId).toBeNull()
    await shop.log.append(TOPIC, messagesOfDays().slice(0, 100))
    await landTopic()
    await loadVault()
    const first = await freezeBatch({}, nextContext())
    await shop.log.append(TOPIC, messagesOfDays().slice(100, 200))
    await landTopic()
    await loadVault()
    expect((await freezeBatch({}, nextContext())).batchId).toBe(first.batchId)
    await loadMarts()
    const next = await loadMarts()
    expect(next.batchId).not.toBe(first.batchId)
    expect((await loadMarts()).batchId).toBeNull()
  })

  it('fills another ClickHouse from the beginning, and refuses one of another warehouse', async () => {
    await shop.log.append(TOPIC, messagesOfDays())
    await landTopic()
    await loadVault()
    await loadMarts()
    const before = await store.rows(FACT)
    await store.client.command({ query: 'drop database marts sync' })
    await migrateMarts(shop.connections)
    await loadMarts()
    expect(await store.rows(FACT)).toEqual(before)
    await shop.pool.query('update warehouse.marker set warehouse_id = gen_random_uuid()')
    await expect(freezeBatch({}, nextContext())).rejects.toThrow(/filled from warehouse/)
    await expect(migrateMarts(shop.connections)).rejects.toThrow('terrace db migrate')
  })
})

describe('Loads of the marts that are overtaken', () => {
  async function loadedVault(): Promise<void> {
    await shop.log.append(TOPIC, messagesOfDays())
    await landTopic()
    await loadVault()
  }

  it('refuses to publish when the table was claimed again, and drops older staging tables', async () => {
    await loadedVault()
    const { martsId } = await freezeBatch({}, nextContext())
    const claimed = { martsId, target: 'fct_event' }
    const { fence } = nextContext()
    const older = nextContext({ fence })
    const newer = nextContext({ fence: { ...fence, value: 2 } })
    await claimTarget(shop.connections, claimed, older, async (old) => {
      const staging = await old.stage()
      await claimTarget(shop.connections, claimed, newer, async (current) => {
        await current.stage()
        await expect(old.assertCurrent()).rejects.toThrow(StaleFenceError)
        const late = store.client.command({
          query: `alter table marts.fct_event replace partition ('terrace', '2026-01-01') from ${staging}`,
        })
        await expect(late).rejects.toThrow()
        await current.assertCurrent()
        await current.release()
      })
    })
  })

  it('refuses an attempt with an older fence', async () => {
    await loadedVault()
    const fence = { taskInstanceId: '00000000-0000-7000-8000-00000000beef', value: 2 }
    const batch = await freezeBatch({}, nextContext())
    await transferTable({ target: 'fct_event', batch }, nextContext({ fence }))
    const stale = nextContext({ fence: { ...fence, value: 1 } })
    await expect(buildMart({ target: 'active_users_7d', batch }, stale)).rejects.toThrow(
      StaleFenceError,
    )
  })
})
