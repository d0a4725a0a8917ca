// A database whose administrator has set for everybody what would break statements of ours.

import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrateEventLog } from '../../connections/event-log/index.ts'
import { openPostgres } from '../../connections/postgres.ts'
import { migrateQueue, openTaskQueue } from '../../orchestrator/queue/index.ts'
import { openControlPlane } from '../../orchestrator/roles/control-plane-pool.ts'
import { migrateMetadata } from '../../orchestrator/store/migrate.ts'
import { describeEventLog } from '../event-log/conformance.ts'
import { queueConformance } from '../queue/conformance.ts'
import { sampleEvent } from '../shop/sample-events.ts'
import { landTopic, loadVault, openTestWarehouse } from '../shop/warehouse.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'

const HOSTILE: Record<string, string> = {
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  // Long enough for the statement that sets it aside, on a busy machine as well.
  statement_timeout: '500ms',
  lock_timeout: '1ms',
  idle_in_transaction_session_timeout: '1ms',
  idle_session_timeout: '2s',
  search_path: 'nowhere',
  timezone: 'Asia/Kathmandu',
  datestyle: 'German, DMY',
  intervalstyle: 'sql_standard',
  extra_float_digits: '-10',
  bytea_output: 'escape',
}

async function makeHostile(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  const name = client.escapeIdentifier(new URL(url).pathname.slice(1))
  for (const [setting, value] of Object.entries(HOSTILE)) {
    await client.query(`alter database ${name} set ${setting} = ${client.escapeLiteral(value)}`)
  }
  await client.end()
}

async function hostileDatabase(): Promise<FreshDatabase> {
  const database = await freshDatabase()
  await makeHostile(database.url)
  return database
}

describe('In a database with hostile settings', () => {
  queueConformance('Postgres with hostile settings', async () => {
    const database = await hostileDatabase()
    await migrateQueue(database.url)
    return {
      open: () => openTaskQueue({ databaseUrl: database.url }),
      async loseEverything() {
        const pool = openPostgres(database.url, { max: 1 })
        await pool.query('delete from bullmq.job')
        await pool.end()
      },
      release: () => database.drop(),
    }
  })

  describe('the event log', () => {
    let database: FreshDatabase
    beforeAll(async () => {
      database = await hostileDatabase()
      const pool = openPostgres(database.url)
      await migrateEventLog(pool)
      await pool.end()
    })
    afterAll(() => database.drop())
    describeEventLog(() => ({
      databaseUrl: database.url,
      warehouseUrl: database.url,
      redisUrl: null,
      kafkaBrokers: null,
      clickhouseUrl: '',
    }))
  })

  it('the metadata is migrated and used', async () => {
    const database = await hostileDatabase()
    await migrateMetadata(database.url)
    const pool = await openControlPlane(database.url, 'test')
    const { rows } = await pool.query<{ name: string; hostile: boolean }>(
      `select lower(name) as name, setting = coalesce(
         (select split_part(own, '=', 2) from pg_db_role_setting, unnest(setconfig) as own
          where setdatabase = (select oid from pg_database where datname = current_database())
            and lower(split_part(own, '=', 1)) = lower(name)), '') as hostile
       from pg_settings where lower(name) = any($1)`,
      [Object.keys(HOSTILE)],
    )
    expect(rows).toHaveLength(Object.keys(HOSTILE).length)
    expect(rows.filter(({ hostile }) => hostile)).toEqual([])
    const { rows: units } = await pool.query(
      `select name from pg_settings where name ~ '_timeout$' and name = any($1) and setting <> '0'`,
      [Object.keys(HOSTILE)],
    )
    expect(units).toEqual([])
    await pool.end()
    await database.drop()
  })

  it('messages are landed and loaded, and times keep their hour', async () => {
    const shop = await openTestWarehouse()
    try {
      await makeHostile(shop.url)
      await shop.log.ensureTopics([{ topic: 'user_events', partitions: 1 }])
      const event = { ...sampleEvent('view', 1), occurred_at: '2026-01-01T23:30:00.123456Z' }
      await shop.log.append('user_events', [
        { key: 'u', value: Buffer.from(JSON.stringify(event)), headers: { source: 'terrace' } },
      ])
      expect(await landTopic()).toBe(1)
      await loadVault()
      const { rows } = await shop.pool.query(
        `select occurred_at at time zone 'UTC' = '2026-01-01 23:30:00.123456' as same,
           occurred_at::date::text as day
         from dds.nl_event`,
      )
      expect(rows).toEqual([{ same: true, day: '2026-01-01' }])
    } finally {
      await shop.close()
    }
  })
})
