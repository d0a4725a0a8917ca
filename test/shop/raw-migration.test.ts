// raw.user_events of the last release becomes a partition of raw.message where it stands.

import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrateWarehouse } from '../../connections/migrations.ts'
import { openPostgres, type Pool } from '../../connections/postgres.ts'
import { openReleasedWarehouse, type ReleasedWarehouse } from './released-warehouse.ts'

let released: ReleasedWarehouse
let pool: Pool

beforeAll(async () => {
  released = await openReleasedWarehouse()
  pool = released.pool
  await pool.query(`
    insert into raw.user_events
    select 'user_events', n % 3, n / 3, 'k', '{}', convert_to('{"type":"view"}', 'UTF8'), 'terrace', now(), 1, 'log'
    from generate_series(0, 2999) as n`)
})
afterAll(() => released.close())

const FILES = `select c.relname, c.relfilenode
  from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
  where n.nspname = 'raw' and c.relname in ('user_events', 'user_events_pkey')
  order by c.relname`
const ROWS = `select md5(string_agg(ctid::text || kafka_partition || '/' || kafka_offset, ',' order by ctid)) as rows
  from raw.user_events`

async function ask(text: string): Promise<Record<string, unknown>[]> {
  return (await pool.query(text)).rows
}

describe('A raw layer of the last release', () => {
  it('is migrated in place: no row moves, no index is built, no row is read under a lock', async () => {
    const [files, rows] = [await ask(FILES), await ask(ROWS)]
    const notices: string[] = []
    const url = new URL(released.url)
    url.searchParams.set('options', '-c client_min_messages=debug1')
    const told = openPostgres(url.href)
    told.on('connect', (client) => {
      ;(client as unknown as Client).on('notice', ({ message }) => notices.push(String(message)))
    })
    const { applied } = await migrateWarehouse({ warehouse: told })
    await told.end()
    expect(applied).toContain('raw/ddl/0009_attach_user_events.sql')
    expect(await ask(FILES)).toEqual(files)
    expect(await ask(ROWS)).toEqual(rows)
    expect(notices.join('\n')).toContain(
      'partition constraint for table "user_events" is implied by existing constraints',
    )
    expect(await ask('select count(*)::int as n from raw.message')).toEqual([{ n: 3000 }])
  })

  it('has one key for all topics, and its typed views', async () => {
    const row = `'view', 0, 0, null, '{}', null, 'x', now(), 1, 'log'`
    await expect(pool.query(`insert into raw.message values (${row})`)).rejects.toThrow(
      /no partition of relation "message"/,
    )
    await expect(
      pool.query(`insert into raw.message values (${row.replace('view', 'user_events')})`),
    ).rejects.toThrow(/duplicate key/)
    expect(await ask('select count(*)::int as n from raw.events')).toEqual([{ n: 3000 }])
  })

  it('is not migrated twice', async () => {
    expect(await migrateWarehouse({ warehouse: pool })).toMatchObject({ applied: [] })
  })
})

describe('raw.add_topic', () => {
  it('makes a partition with comments, once', async () => {
    await pool.query(`select raw.add_topic('new-topic'), raw.add_topic('new-topic')`)
    expect(
      await ask(
        `select obj_description(oid, 'pg_class') as comment,
           (select count(*)::int from pg_description where objoid = oid and objsubid > 0) as columns,
           (select count(*)::int from pg_index where indrelid = oid and indisprimary) as keys
         from pg_class where oid = 'raw.new_topic'::regclass`,
      ),
    ).toEqual([{ comment: 'One message of topic new-topic, bytes as sent', columns: 10, keys: 1 }])
  })

  it.each(['new_topic', 'batch', 'events', 'Big', '', "a'b"])('refuses %j', async (topic) => {
    await expect(pool.query('select raw.add_topic($1)', [topic])).rejects.toThrow(
      'cannot be landed',
    )
  })
})
