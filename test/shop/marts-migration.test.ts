// Marts of the last release, with rows in them and a batch on its way, become those of batches of one source.

import { afterAll, expect, it } from 'vitest'
import { migrateMarts, migrateWarehouse } from '../../connections/migrations.ts'
import { createRandom } from '../../generators/index.ts'
import { checksum } from './mart-rows.ts'
import { openMartsStore } from './marts-store.ts'
import { openReleasedWarehouse } from './released-warehouse.ts'
import { oddShop } from './shop-messages.ts'
import { landTopic, loadMarts, loadVault } from './warehouse.ts'

/** The facts with the order of their rows. */
const ORDERS = {
  fct_event: '(source, occurred_at, event_hk)',
  fct_order_line: '(source, ordered_at, order_id, line_no)',
  fct_session: '(source, started_at, session_hk)',
}
const FACTS = Object.keys(ORDERS) as (keyof typeof ORDERS)[]
const MARTS_ID = '11111111-1111-4111-8111-111111111111'

const store = await openMartsStore()
afterAll(() => store.close())

it('facts keep every row when they are parted by source, also when that stopped half-way', async () => {
  const shop = await store.freshShop()
  await shop.log.ensureTopics([{ topic: 'user_events', partitions: 1 }])
  await shop.log.append('user_events', oddShop(createRandom('to be migrated'), '2026-01-01', 3))
  await landTopic()
  await loadVault()
  await loadMarts()
  // A year of days: more partitions than one insert may open.
  await run(
    `insert into fct_session (source, day, session_id, session_hk)
     select 'terrace', toDate('2020-01-01') + number, toString(number), generateUUIDv4(number)
     from numbers(365) settings max_partitions_per_insert_block = 0`,
  )
  const before = await checksum(store)
  for (const fact of FACTS) await partByDay(fact)
  await run('create table fct_event_of_sources as fct_event')
  await run('insert into fct_event_of_sources select * from fct_event limit 3')
  await shop.pool.query(
    `delete from warehouse.migration where name = 'marts/ddl/0017_facts_of_sources.sql'`,
  )
  expect(await migrateMarts(shop.connections)).toMatchObject({
    applied: ['marts/ddl/0017_facts_of_sources.sql'],
  })
  expect(await checksum(store)).toEqual(before)
  const keys = await store.rows(
    `select name, partition_key from system.tables
     where database = 'marts' and name like 'fct%' order by name`,
  )
  expect(keys).toEqual(FACTS.map((name) => ({ name, partition_key: '(source, day)' })))
  await loadMarts({ rebuild: { marts: ['fct_event'] } })
  expect((await checksum(store)).fct_event).toEqual(before.fct_event)
  await shop.close()
}, 60_000)

it('what was known of all sources is known of terrace', async () => {
  const released = await openReleasedWarehouse()
  const { pool } = released
  await pool.query(
    `with loads as (
       insert into dds.load (
         log_id, topic, ranges, state, rule_version, count_raw, count_staged, count_duplicates,
         count_quarantined, finished_at
       )
       select 'log', 'user_events', '[]', 'finished', 1, 0, 0, 0, 0, now() from generate_series(1, 3)
       returning load_id
     ),
     batches as (
       insert into dds.mart_batch (marts_id, state, count_loads, load_ids_hash)
       values ($1, 'frozen', 1, $1), ($1, 'set_aside', 1, $1)
       returning batch_id, state
     ),
     listed as (
       insert into dds.mart_batch_load (marts_id, load_id, batch_id)
       select $1, 1, batch_id from batches where state = 'frozen'
     ),
     aside as (
       insert into dds.mart_load_aside (marts_id, load_id, batch_id)
       select $1, 2, batch_id from batches where state = 'set_aside'
     )
     insert into dds.mart_watermark (marts_id, target, batch_id, reporting_currency)
     values ($1, 'fct_event', 1, 'EUR')`,
    [MARTS_ID],
  )
  await migrateWarehouse({ warehouse: pool })
  for (const table of ['mart_batch', 'mart_batch_load', 'mart_load_aside', 'mart_watermark']) {
    const { rows } = await pool.query(`select distinct source from dds.${table}`)
    expect(rows, table).toEqual([{ source: 'terrace' }])
  }
  // Each source has one on its way, and no more.
  const freeze = (source: string) =>
    pool.query(
      `insert into dds.mart_batch (marts_id, source, state, count_loads, load_ids_hash)
       values ($1, $2, 'frozen', 0, $1)`,
      [MARTS_ID, source],
    )
  await freeze('ehandel')
  await expect(freeze('terrace')).rejects.toThrow('mart_batch_frozen')
  await released.close()
})

const run = (query: string) => store.client.command({ query })

/** The table as the release had it. */
async function partByDay(fact: keyof typeof ORDERS): Promise<void> {
  await run(
    `create table old_${fact} as ${fact} engine = MergeTree partition by day
     order by ${ORDERS[fact]}`,
  )
  await run(
    `insert into old_${fact} select * from ${fact} settings max_partitions_per_insert_block = 0`,
  )
  await run(`exchange tables old_${fact} and ${fact}`)
  await run(`drop table old_${fact} sync`)
}
