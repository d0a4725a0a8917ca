// What a client is told when the database is in trouble: 503 and what kind, and those who watch and log in are
// answered all the same.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPostgres, type Pool } from '../../connections/postgres.ts'
import { buildApp } from '../../orchestrator/api/app.ts'
import type { FreshDatabase } from '../support/database.ts'
import { authorization, PASSWORD } from '../support/login.ts'
import { seededDatabase } from './seeded-metadata.ts'

let database: FreshDatabase
let pool: Pool
let login: { authorization: string }

beforeAll(async () => {
  database = await seededDatabase()
  pool = openPostgres(database.url, { max: 4 })
  login = await authorization(pool)
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

const appOf = (ofLists: Pool, urgentPool = ofLists) =>
  buildApp({
    pool: ofLists,
    urgentPool,
    host: '127.0.0.1',
    inspectEngines: async () => [],
    onError: () => {},
  })

async function ask(app: ReturnType<typeof appOf>, url: string, payload?: object) {
  const response = await app.inject({
    url,
    method: payload ? 'POST' : 'GET',
    headers: { host: 'localhost', ...login },
    ...(payload && { payload }),
  })
  return { status: response.statusCode, body: response.json() }
}

describe('Trouble of the database', () => {
  test.each([
    ['53100', 'disk of the metadata database is full'],
    ['53200', 'out of memory'],
    ['53300', 'All connections'],
    ['53400', 'Try again'],
    ['55P03', 'Others hold'],
    ['40P01', 'Others hold'],
    ['57014', 'took too long'],
    ['57P01', 'does not answer'],
    ['08006', 'does not answer'],
    ['58030', 'does not answer'],
    ['25006', 'takes no writes'],
  ])('%s is 503', async (code, detail) => {
    // The engine itself raises it, where a list is read.
    await pool.query(`
      alter table terrace.pool rename to pool_kept;
      create function terrace.in_trouble() returns setof terrace.pool_kept language plpgsql as
        $$ begin raise exception 'trouble' using errcode = '${code}'; end $$;
      create view terrace.pool as select * from terrace.in_trouble()`)
    const app = appOf(pool)
    try {
      const answer = await ask(app, '/api/v2/pools')
      expect(answer).toMatchObject({ status: 503, body: { code: 'database_unavailable' } })
      expect(answer.body.detail).toContain(detail)
    } finally {
      await app.close()
      await pool.query(`
        drop view terrace.pool;
        drop function terrace.in_trouble;
        alter table terrace.pool_kept rename to pool`)
    }
  })

  test('a database without space is not healthy', async () => {
    // What it may write for a query is bounded, which it notices where it would notice a full disk.
    const full = openPostgres(database.url, { max: 2, session: { temp_file_limit: '100kB' } })
    const app = appOf(full)
    try {
      const { status, body } = await ask(app, '/api/v2/monitor/health')
      expect(status).toBe(200)
      expect(body.metadatabase).toEqual({ status: 'unhealthy', problem: expect.any(String) })
    } finally {
      await app.close()
      await full.end()
    }
  })

  test('lists that take all connections hold up neither health nor logins', async () => {
    const ofLists = openPostgres(database.url, { max: 1, connectionTimeoutMillis: 100 })
    const urgent = openPostgres(database.url, { max: 2 })
    const app = appOf(ofLists, urgent)
    const list = await ofLists.connect()
    try {
      const refused = await ask(app, '/api/v2/pools')
      expect(refused).toMatchObject({ status: 503, body: { code: 'database_unavailable' } })
      expect(refused.body.detail).toContain('All connections')
      const { body } = await ask(app, '/api/v2/monitor/health')
      expect(body.metadatabase).toEqual({ status: 'healthy' })
      const token = await ask(app, '/auth/token', { username: 'ada', password: PASSWORD })
      expect(token.status).toBe(201)
    } finally {
      list.release()
      await app.close()
      await Promise.all([ofLists.end(), urgent.end()])
    }
  })
})
