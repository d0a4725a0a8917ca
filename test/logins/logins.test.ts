// The accounts of Postgres: what each may do, what it may not, and how a database of an earlier version,
// in which one owner had everything, comes to have them.

import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { inspectAddresses } from '../../connections/engines/inspect-engines.ts'
import type { EngineAddresses } from '../../connections/engines/types.ts'
import { loadEnvironment } from '../../connections/environment.ts'
import { openConnections, useConnections } from '../../connections/index.ts'
import { findLogin, loginUrl } from '../../connections/logins/login-url.ts'
import { prepareLogins } from '../../connections/logins/prepare-logins.ts'
import {
  loginName,
  METADATA_PURPOSES,
  type Purpose,
  WAREHOUSE_PURPOSES,
} from '../../connections/logins/purposes.ts'
import { migrateWarehouse } from '../../connections/migrations.ts'
import { openPostgres } from '../../connections/postgres.ts'
import { migrateQueue } from '../../orchestrator/queue/index.ts'
import { migrateMetadata } from '../../orchestrator/store/migrate.ts'
import { rebuildVault, refreshStatistics } from '../../tasks/dds/index.ts'
import { sampleEvent } from '../shop/sample-events.ts'
import {
  landTopic,
  loadVault,
  nextContext,
  openTestWarehouse,
  type TestWarehouse,
} from '../shop/warehouse.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { lane } from '../support/lanes.ts'
import type { TestServer } from '../support/servers.ts'

const ALL = [...METADATA_PURPOSES, ...WAREHOUSE_PURPOSES]

describe('Accounts of a database that one owner had', () => {
  let shop: TestWarehouse
  let database: string

  beforeAll(async () => {
    shop = await openTestWarehouse()
    await migrateMetadata(shop.url)
    await migrateQueue(shop.url)
    await prepareLogins(shop.url, METADATA_PURPOSES)
    await prepareLogins(shop.url, WAREHOUSE_PURPOSES)
    database = new URL(shop.url).pathname.slice(1)
  })
  afterAll(() => shop.close())

  async function as<Row extends object>(purpose: Purpose, statement: string): Promise<Row[]> {
    const client = new Client({ connectionString: await loginUrl(shop.url, purpose) })
    await client.connect()
    try {
      return (await client.query<Row>(statement)).rows
    } finally {
      await client.end()
    }
  }

  test.each(ALL)('%s is an account of its own, and no administrator', async (purpose) => {
    const rows = await as(
      purpose,
      `select rolname as name, session_user = rolname as is_login, rolsuper, rolcreaterole, rolcreatedb,
         rolreplication, rolbypassrls
       from pg_roles where rolname = current_user`,
    )
    expect(rows).toEqual([
      {
        name: loginName(purpose, database),
        is_login: true,
        rolsuper: false,
        rolcreaterole: false,
        rolcreatedb: false,
        rolreplication: false,
        rolbypassrls: false,
      },
    ])
  })

  test.each<[Purpose, string]>([
    ...ALL.map((purpose): [Purpose, string] => [
      purpose,
      `select set_config('role', 'none', true), pg_read_file('/etc/hostname')`,
    ]),
    ...ALL.map((purpose): [Purpose, string] => [purpose, `copy (select 1) to program 'true'`]),
    ...ALL.map((purpose): [Purpose, string] => [purpose, `alter system set work_mem = '1GB'`]),
    ['metadata', 'select from dds.load'],
    ['metadata', 'select from raw.user_events'],
    ['metadata', 'select from event_log.message'],
    ['raw', 'select from terrace.user_account'],
    ['raw', 'select from dds.load'],
    ['raw', 'delete from raw.user_events'],
    ['raw', 'truncate raw.user_events'],
    ['raw', 'drop table raw.user_events'],
    ['raw', 'create schema more'],
    ['dds', 'select from terrace.user_account'],
    ['dds', 'select from bullmq.job'],
    ['reader', 'select from terrace.user_account'],
    ['reader', 'update dds.load set staged_at = now()'],
    ['reader', `insert into event_log.topic (topic) values ('x')`],
    ['reader', 'create schema more'],
  ])('%s may not: %s', async (purpose, statement) => {
    await expect(as(purpose, statement)).rejects.toMatchObject({ code: '42501' })
  })

  test('the layers are landed, loaded, analysed, migrated and rebuilt, and still read then', async () => {
    const addresses = shop.connections.addresses
    const connections = openConnections(
      { ...addresses, warehouseUrl: await loginUrl(shop.url, 'dds'), clickhouseUrl: 'http://x:1' },
      await loginUrl(shop.url, 'raw'),
    )
    useConnections(connections)
    try {
      const { eventLog } = connections
      await eventLog.ensureTopics([{ topic: 'user_events', partitions: 2 }])
      await eventLog.append('user_events', [
        { key: 'good', value: Buffer.from(JSON.stringify(sampleEvent('view', 1))), headers: {} },
        { key: 'bad', value: Buffer.from('no JSON'), headers: {} },
      ])
      expect(await landTopic()).toBe(2)
      const loads = await loadVault()
      await refreshStatistics({ loads }, nextContext())
      expect(await migrateWarehouse(connections)).toMatchObject({ applied: [] })
      const rebuilt = await rebuildVault({}, nextContext({ conf: { rebuild: true } }))
      expect(rebuilt).toMatchObject({ isRebuilt: true, countLoads: 1 })
      const read = await as(
        'reader',
        `select (select count(*)::int from dds.nl_event) as events,
           (select sum(difference) from dds.accounting) as difference`,
      )
      expect(read).toEqual([{ events: 1, difference: '0' }])
    } finally {
      useConnections(shop.connections)
      await connections.close()
    }
  })

  test('who makes a table later need not think of who reads it', async () => {
    await as('dds', 'create table dds.later (id int); create table raw.later (id int)')
    expect(await as('reader', 'select from dds.later')).toEqual([])
    await as('raw', 'insert into raw.later values (1)')
  })

  test('a vault that is all handed over stays as it is', async () => {
    const owners = `select distinct pg_get_userbyid(c.relowner) as owner from pg_class as c
      join pg_namespace as n on n.oid = c.relnamespace
      where n.nspname in ('raw', 'dds', 'warehouse', 'event_log')`
    await prepareLogins(shop.url, WAREHOUSE_PURPOSES)
    const { rows } = await shop.pool.query(owners)
    expect(rows).toEqual([{ owner: loginName('dds', database) }])
  })

  test('accounts that do not let anybody in are made anew', async () => {
    await shop.pool.query(`alter role ${loginName('reader', database)} password 'other'`)
    // The same address in other words: what was found for the first one is kept.
    const sameServer = `${shop.url}?application_name=again`
    expect(await findLogin(sameServer, 'reader')).toMatchObject({ problem: null })
    expect(await as('reader', 'select 1 as one')).toEqual([{ one: 1 }])
  })
})

const postgres15 = lane('postgres15')

describe.each([
  { name: 'the embedded version', missing: false, start: null },
  { name: 'version 15', missing: postgres15.missing, start: () => postgres15.start() },
])('Accounts on a server of others, $name', ({ missing, start }) => {
  let server: TestServer<string> | null = null
  let database: FreshDatabase
  let admin: Client
  let owner: string

  beforeAll(async () => {
    if (!missing && start) server = await start()
  })
  afterAll(() => server?.stop())
  afterEach(async () => {
    await admin?.end()
    await database?.drop()
  })

  /** A database whose owner is no superuser, migrated. @returns its address */
  async function ownedDatabase(right: 'createrole' | 'nocreaterole'): Promise<string> {
    database = await freshDatabase(server ? { server: server.address } : {})
    admin = new Client({ connectionString: database.url })
    await admin.connect()
    const url = new URL(database.url)
    owner = `owner_${url.pathname.slice(1)}`
    await admin.query(`create role ${owner} login ${right} password 'secret'`)
    await admin.query(`alter database ${url.pathname.slice(1)} owner to ${owner}`)
    url.username = owner
    url.password = 'secret'
    await migrateMetadata(url.href)
    const pool = openPostgres(url.href)
    await migrateWarehouse({ warehouse: pool })
    await pool.end()
    return url.href
  }

  test.skipIf(missing)('an owner with createrole makes them, more than once', async () => {
    const url = await ownedDatabase('createrole')
    for (let time = 0; time < 2; time++) {
      await prepareLogins(url, METADATA_PURPOSES)
      await prepareLogins(url, WAREHOUSE_PURPOSES)
    }
    for (const purpose of ALL) {
      const login = await findLogin(url, purpose)
      expect(login.problem).toBeNull()
      expect(new URL(login.url).username).toBe(loginName(purpose, database.url.split('/').at(-1)!))
    }
    // The owner goes on migrating what it has handed over.
    expect(await migrateMetadata(url)).toEqual({ applied: [] })
    const pool = openPostgres(url)
    await pool.query('alter table dds.load add column later int')
    await pool.end()
  })

  test.skipIf(missing)('doctor says what an owner without createrole lacks', async () => {
    const url = await ownedDatabase('nocreaterole')
    expect(await findLogin(url, 'reader')).toEqual({
      url,
      problem: expect.stringContaining(`alter role "${owner}" createrole`),
    })
    const env = loadEnvironment({ DATABASE_URL: url, CLICKHOUSE_URL: 'http://127.0.0.1:1' })
    const addresses: EngineAddresses = {
      databaseUrl: url,
      warehouseUrl: url,
      redisUrl: null,
      kafkaBrokers: null,
      clickhouseUrl: 'http://127.0.0.1:1',
    }
    const [metadata] = await inspectAddresses(env, addresses)
    expect(metadata).toMatchObject({ ok: true, note: expect.stringContaining('as its owner') })
  })

  test.skipIf(missing)('a role of a stranger is left alone', async () => {
    const url = await ownedDatabase('createrole')
    const name = loginName('reader', new URL(url).pathname.slice(1))
    await admin.query(`create role ${name}`)
    expect(await findLogin(url, 'reader')).toMatchObject({
      url,
      problem: expect.stringContaining('that Terrace did not make'),
    })
    const { rows } = await admin.query('select rolcanlogin from pg_roles where rolname = $1', [
      name,
    ])
    expect(rows).toEqual([{ rolcanlogin: false }])
  })
})

test('an address without a password has no accounts', async () => {
  expect(await findLogin('postgres://somebody@127.0.0.1:1/x', 'dds')).toMatchObject({
    url: 'postgres://somebody@127.0.0.1:1/x',
    problem: expect.stringContaining('holds no password'),
  })
})

test('a server that is away is no reason to go in as its owner', async () => {
  const url = 'postgres://somebody:secret@127.0.0.1:1/x'
  const login = await findLogin(url, 'metadata')
  expect(new URL(login.url).username).toBe('terrace_metadata_x')
})
