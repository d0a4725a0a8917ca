// A warehouse of the release before rows were known by their load, with data in it, migrated in place: what was
// loaded is known by its load, and a load that was under way goes on.

import { expect, it } from 'vitest'
import { useConnections } from '../../connections/index.ts'
import { migrateWarehouse } from '../../connections/migrations.ts'
import type { Pool } from '../../connections/postgres.ts'
import { DEFAULT_SHOP, generateInterval } from '../../generators/index.ts'
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
import { openReleasedWarehouse } from './released-warehouse.ts'
import { vaultContent } from './vault-content.ts'
import { landTopic, loadVault, nextContext, openTestWarehouse } from './warehouse.ts'

const TOPIC = 'user_events'
const STAGED = ['stage_order', 'stage_order_line', 'stage_order_status', 'stage_product']

const produced = (day: number) =>
  [
    ...generateInterval(
      { ...DEFAULT_SHOP, seed: 'migration', eventsPerMinute: 60, founders: 80 },
      new Date(Date.UTC(2026, 0, day, 18)),
      new Date(Date.UTC(2026, 0, day, 18, 15)),
    ),
  ].flat()

/** Each row of the vault with the load that brought it. */
async function rowsByLoad(pool: Pool): Promise<Record<string, unknown>> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select relname as name from pg_class
     where relnamespace = 'dds'::regnamespace and relkind = 'r' and relname ~ '^(h|l|s|es|nl|stage)_'
     order by 1`,
  )
  const content: Record<string, unknown> = {}
  for (const { name } of tables) {
    const { rows } = await pool.query(
      `select load_id, count(*)::int as count,
         md5(string_agg((to_jsonb(kept) - 'payload')::text, ',' order by (to_jsonb(kept) - 'payload')::text)) as sum
       from dds.${name} as kept group by load_id order by load_id`,
    )
    content[name] = rows
  }
  return content
}

/** Rows of the tables, as far as the other warehouse has columns for them. */
async function transplant(from: Pool, to: Pool, tables: readonly string[]): Promise<void> {
  for (const table of tables) {
    const { rows } = await from.query<{ rows: string }>(
      `select coalesce(jsonb_agg(to_jsonb(kept)), '[]')::text as rows from ${table} as kept`,
    )
    const { rows: columns } = await to.query<{ names: string }>(
      `select string_agg(quote_ident(attname), ', ') as names from pg_attribute
       where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
      [table],
    )
    const { names } = columns[0]!
    await to.query(
      `insert into ${table} (${names}) overriding system value
       select ${names} from jsonb_populate_recordset(null::${table}, $1)
       on conflict do nothing`,
      [rows[0]!.rows],
    )
  }
}

async function takeOn(loads: CleanResult): Promise<void> {
  for (const load of [
    upsertUsersFromRaw,
    loadProductsAndCategories,
    loadOrdersFromEvents,
    validateAndLoadEvents,
    checkLoads,
    finishLoads,
  ])
    await load({ loads }, nextContext())
}

it('gives every row its load, and what a load under way had staged', async () => {
  const shop = await openTestWarehouse()
  const { pool: released, close } = await openReleasedWarehouse()
  try {
    await shop.log.ensureTopics([{ topic: TOPIC, partitions: 2 }])
    await shop.log.append(TOPIC, produced(1))
    await landTopic()
    await loadVault({ rowsPerLoad: 200 })
    await shop.log.append(TOPIC, produced(2))
    await landTopic()
    const loads = await cleanAndValidate({ topic: TOPIC, rowsPerLoad: 300 }, nextContext())
    expect(loads.loadIds.length).toBeGreaterThan(1)

    const { rows: vault } = await released.query<{ name: string }>(
      `select 'dds.' || relname as name from pg_class
       where relnamespace = 'dds'::regnamespace and relkind = 'r'
         and relname ~ '^(h|l|s|es|nl)_'`,
    )
    // The release kept the payload of every event, and took orders apart from it.
    await shop.pool.query(
      `create table public.stage_event as table dds.stage_event;
       update dds.stage_event as staged
       set payload = convert_from(message.value, 'UTF8')::jsonb -> 'payload'
       from raw.user_events as message
       where (message.topic, message.kafka_partition, message.kafka_offset, message.log_id)
         = (staged.topic, staged.kafka_partition, staged.kafka_offset, staged.log_id)`,
    )
    await transplant(shop.pool, released, [
      'raw.user_events',
      'raw.batch',
      'raw.kafka_offsets',
      'raw.duplicate',
      'raw.quarantine',
      'dds.load',
      'dds.load_day',
      'dds.load_key',
      'dds.raw_watermark',
      'dds.stage_event',
      ...vault.map(({ name }) => name),
    ])
    await migrateWarehouse({ warehouse: released })

    const expected = await rowsByLoad(shop.pool)
    for (const table of STAGED) expect(expected[table], table).not.toEqual([])
    expect(await rowsByLoad(released)).toEqual(expected)

    await takeOn(loads)
    useConnections({ ...shop.connections, warehouse: released, landing: released })
    await takeOn(loads)
    expect(await vaultContent(released, { withPlaces: true })).toEqual(
      await vaultContent(shop.pool, { withPlaces: true }),
    )
    const days = 'select * from dds.load_day order by load_id, source, day'
    expect((await released.query(days)).rows).toEqual((await shop.pool.query(days)).rows)
  } finally {
    await close()
    await shop.close()
  }
})
