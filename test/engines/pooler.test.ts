// Postgres behind PgBouncer: in session mode all goes as without it, transaction mode is refused.

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { inspectEngines } from '../../connections/engines/index.ts'
import { loadEnvironment } from '../../connections/environment.ts'
import { migrateEventLog } from '../../connections/event-log/index.ts'
import { openPostgres } from '../../connections/postgres.ts'
import { refuseTransactionPooler } from '../../connections/transaction-pooler.ts'
import { openProjectReads } from '../../orchestrator/api/ui/project-reads.ts'
import { migrateQueue, openTaskQueue } from '../../orchestrator/queue/index.ts'
import { openControlPlane } from '../../orchestrator/roles/control-plane-pool.ts'
import { migrateMetadata } from '../../orchestrator/store/migrate.ts'
import { describeEventLog } from '../event-log/conformance.ts'
import { queueConformance } from '../queue/conformance.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { lane } from '../support/lanes.ts'
import { startPgBouncer, type TestServer } from '../support/servers.ts'

const NO_OTHER_ENGINES = { redisUrl: null, kafkaBrokers: null, clickhouseUrl: '' }

describe.skipIf(lane('pgbouncer').missing)('Behind PgBouncer', () => {
  const poolers: Partial<Record<'session' | 'transaction', TestServer<string>>> = {}
  beforeAll(async () => {
    poolers.session = await startPgBouncer(inject('postgresUrl'), 'session')
    poolers.transaction = await startPgBouncer(inject('postgresUrl'), 'transaction')
  })
  afterAll(async () => {
    await Promise.all(Object.values(poolers).map((pooler) => pooler.stop()))
  })

  /** The address of a database through the pooler. */
  function through(mode: 'session' | 'transaction', database: FreshDatabase): string {
    const url = new URL(poolers[mode]!.address)
    url.pathname = new URL(database.url).pathname
    return url.href
  }

  describe('in session mode', () => {
    queueConformance('Postgres behind PgBouncer', async () => {
      const database = await freshDatabase()
      const url = through('session', database)
      await migrateQueue(url)
      return {
        open: () => openTaskQueue({ databaseUrl: url }),
        async loseEverything() {
          const pool = openPostgres(url, { max: 1 })
          await pool.query('delete from bullmq.job')
          await pool.end()
        },
        release: () => database.drop(),
      }
    })

    describe('the event log', () => {
      let database: FreshDatabase
      beforeAll(async () => {
        database = await freshDatabase()
        const pool = openPostgres(through('session', database))
        await migrateEventLog(pool)
        await pool.end()
      })
      afterAll(() => database.drop())
      describeEventLog(() => {
        const url = through('session', database)
        return { databaseUrl: url, warehouseUrl: url, ...NO_OTHER_ENGINES }
      })
    })

    it('the metadata is migrated and used, and the page reads and never writes', async () => {
      const database = await freshDatabase()
      const url = through('session', database)
      await migrateMetadata(url)
      const pool = await openControlPlane(url, 'test')
      const { rows } = await pool.query('show plan_cache_mode')
      expect(rows).toEqual([{ plan_cache_mode: 'force_generic_plan' }])
      await pool.end()
      const reads = openProjectReads(
        { databaseUrl: url, warehouseUrl: url, ...NO_OTHER_ENGINES },
        { folder: '.', currency: 'EUR' },
      )
      await expect(reads.warehouse.query('create table public.t (n int)')).rejects.toThrow(
        /read-only/,
      )
      await reads.close()
      await database.drop()
    })
  })

  describe('in transaction mode', () => {
    let database: FreshDatabase
    let url: string
    beforeAll(async () => {
      database = await freshDatabase()
      await migrateMetadata(database.url)
      url = through('transaction', database)
    })
    afterAll(() => database.drop())

    it('no process starts, and the error says what to set', async () => {
      await expect(openControlPlane(url, 'test')).rejects.toThrow(
        /\(DATABASE_URL\).*transaction mode.*pool_mode = session/,
      )
    })

    it('doctor says so', async () => {
      const env = loadEnvironment({ TERRACE_HOME: '/nowhere', DATABASE_URL: url })
      const report = (await inspectEngines(env)).find(({ role }) => role === 'postgres')
      expect(report).toMatchObject({
        ok: false,
        problem: expect.stringMatching(/transaction mode.*pool_mode = session/),
      })
    })

    it('a session mode pooler and the server itself are none', async () => {
      await refuseTransactionPooler(through('session', database), 'DATABASE_URL')
      await refuseTransactionPooler(database.url, 'DATABASE_URL')
    })
  })
})
