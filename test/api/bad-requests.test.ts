import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPostgres, type Pool } from '../../connections/postgres.ts'
import { API_ERRORS } from '../../orchestrator/api/api-error.ts'
import { buildApp } from '../../orchestrator/api/app.ts'
import type { FreshDatabase } from '../support/database.ts'
import { authorization } from '../support/login.ts'
import { seededDatabase } from './seeded-metadata.ts'

let database: FreshDatabase
let pool: Pool
let app: FastifyInstance
let login: { authorization: string }
const seenCodes = new Set<string>()
const MET_IN_LOGINS = [
  'bad_credentials',
  'bad_csrf_token',
  'link_used',
  'read_only_role',
  'too_many_attempts',
]
const MET_IN_UI = ['question_failed', 'project_file', 'too_many_streams']

const appOf = (appPool: Pool, host = '127.0.0.1') =>
  buildApp({ pool: appPool, host, inspectEngines: async () => [], onError: () => {} })

beforeAll(async () => {
  database = await seededDatabase()
  pool = openPostgres(database.url, { max: 4 })
  login = await authorization(pool)
  app = appOf(pool)
})

afterAll(async () => {
  await app.close()
  await pool.end()
  await database.drop()
})

async function ask(
  url: string,
  options: {
    method?: 'GET' | 'POST' | 'DELETE'
    host?: string
    payload?: string
    type?: string
    loggedIn?: boolean
  } = {},
  asked = app,
) {
  const { method = 'GET', host = 'localhost', payload, type = 'application/json' } = options
  const { loggedIn = true } = options
  const response = await asked.inject({
    url,
    method,
    headers: { host, ...(loggedIn && login), ...(payload && { 'content-type': type }) },
    ...(payload && { payload }),
  })
  const body = String(response.headers['content-type']).includes('json') ? response.json() : {}
  if (body.code) seenCodes.add(body.code)
  expect(response.body).not.toMatch(/node_modules|\bat .*\.ts:\d+/)
  return { status: response.statusCode, body, headers: response.headers }
}

describe('ids that do not exist get 404 and a detail that names them', () => {
  test.each([
    ['/api/v2/dags/nope', 'dag_id `nope`'],
    ['/api/v2/dags/nope/details', 'nope'],
    ['/api/v2/dags/nope/dagRuns', 'nope'],
    ['/api/v2/dags/shop_load/dagRuns/nope', 'run_id `nope`'],
    ['/api/v2/dags/shop_load/dagRuns/first_run/taskInstances/nope', 'task_id `nope`'],
    ['/api/v2/dags/shop_load/dagRuns/first_run/taskInstances/load/7', 'map_index `7`'],
    ['/api/v2/dags/shop_load/dagVersions/9', 'version_number `9`'],
    ['/api/v2/pools/nope', 'nope'],
    ['/api/v2/nope', '/api/v2/nope'],
  ])('%s', async (path, named) => {
    const { status, body } = await ask(path)
    expect(status).toBe(404)
    expect(body.detail).toContain(named)
  })
})

describe('parameters that cannot be used get 422, their place and what is allowed', () => {
  test.each([
    ['/api/v2/dags?limit=many', ['query', 'limit'], 'whole number'],
    ['/api/v2/dags?limit=-1', ['query', 'limit'], '0'],
    ['/api/v2/dags?limit=1&limit=2', ['query', 'limit'], ''],
    ['/api/v2/dags?order_by=password', ['query', 'order_by'], 'Allowed: dag_id'],
    ['/api/v2/dags?order_by=constructor', ['query', 'order_by'], 'Allowed: dag_id'],
    ['/api/v2/dags?paused=maybe', ['query', 'paused'], 'true'],
    ['/api/v2/dags?colour=red', ['query', 'colour'], 'Allowed: limit, offset, order_by, tags'],
    ['/api/v2/dags/~/dagRuns?state=done', ['query', 'state', 0], 'success'],
    ['/api/v2/dags/~/dagRuns?run_after_gte=yesterday', ['query', 'run_after_gte'], 'ISO 8601'],
    ['/api/v2/dags/~/dagRuns?run_after_gte=2026-02-30', ['query', 'run_after_gte'], 'ISO 8601'],
    ['/api/v2/dags?dag_id_pattern=a%00b', ['query', 'dag_id_pattern'], 'control characters'],
    ['/api/v2/dags/a%00b', ['path', 'dag_id'], 'control characters'],
    ['/api/v2/dags/shop_load/dagVersions/one', ['path', 'version_number'], 'whole number'],
  ])('%s', async (path, loc, allowed) => {
    const { status, body } = await ask(path)
    expect(status).toBe(422)
    expect(body.detail[0]).toMatchObject({ loc, type: expect.any(String) })
    expect(body.detail[0].msg).toContain(allowed)
  })
})

describe('the server', () => {
  test('says which methods a path has to one that it has not', async () => {
    const { status, body, headers } = await ask('/api/v2/dags/shop_load', { method: 'DELETE' })
    expect(status).toBe(405)
    expect(headers.allow).toBe('GET, HEAD, PATCH')
    expect(body.detail).toContain('npx terrace')
    expect((await ask('/api/v2/nope', { method: 'POST' })).status).toBe(404)
  })

  test('takes JSON alone, and needs a login for each route that is not open', async () => {
    const path = '/api/v2/dags/shop_load/dagRuns'
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      expect((await ask(path, { method: 'POST', payload: '{}', type })).status).toBe(415)
    }
    for (const payload of ['{', '[]', '"conf"', '{"__proto__": {}}']) {
      const { status } = await ask(path, { method: 'POST', payload })
      expect([400, 422]).toContain(status)
    }
    for (const closed of ['/status', '/api/v2/dags', '/ui/session', path]) {
      const { status, body, headers } = await ask(closed, { loggedIn: false })
      expect({ status, code: body.code }).toEqual({ status: 401, code: 'not_logged_in' })
      expect(headers['www-authenticate']).toBe('Bearer')
    }
    for (const open of ['/api/v2/version', '/api/v2/monitor/health']) {
      expect((await ask(open, { loggedIn: false })).status).toBe(200)
    }
  })

  test('answers only under loopback names and the configured host', async () => {
    for (const host of ['localhost', 'LOCALHOST:8081', '127.0.0.1:8081', '[::1]:8081']) {
      expect((await ask('/api/v2/version', { host })).status).toBe(200)
    }
    for (const host of ['evil.example', 'localhost.evil.example', '10.0.0.5', 'a@localhost']) {
      const { status, body } = await ask('/api/v2/version', { host })
      expect(status).toBe(403)
      expect(body.detail).toContain('Host header')
    }
    const named = appOf(pool, 'terrace.internal')
    expect((await ask('/api/v2/version', { host: 'terrace.internal' }, named)).status).toBe(200)
    await named.close()
  })

  test('sends the headers that keep a browser safe, with errors too', async () => {
    for (const path of ['/', '/stand-in.css', '/api/v2/dags', '/api/v2/nope']) {
      const { headers } = await ask(path)
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'x-frame-options': 'DENY',
      })
      const policy = String(headers['content-security-policy'])
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toContain('unsafe')
    }
  })

  test('refuses a path that cannot be decoded and a body that is too large', async () => {
    expect((await ask('/api/v2/dags/%E0%A4%A')).status).toBe(400)
    const payload = JSON.stringify({ note: 'x'.repeat(100_000) })
    expect((await ask('/api/v2/dags', { method: 'POST', payload })).status).toBeGreaterThan(399)
  })

  test('says that the database is away, or not migrated, without its address', async () => {
    const away = openPostgres('postgres://someone:secret@127.0.0.1:1/terrace')
    const awayApp = appOf(away)
    const { status, body } = await ask('/api/v2/dags', {}, awayApp)
    expect(status).toBe(503)
    expect(JSON.stringify(body)).not.toMatch(/secret|127\.0\.0\.1/)
    expect((await ask('/api/v2/monitor/health', {}, awayApp)).body.metadatabase.status).toBe(
      'unhealthy',
    )
    expect((await ask('/status', {}, awayApp)).body.detail).toContain('does not answer')
    await awayApp.close()
    await away.end()

    await pool.query('alter schema terrace rename to elsewhere')
    try {
      const answer = await ask('/api/v2/dags')
      expect(answer).toMatchObject({ status: 503, body: { code: 'not_migrated' } })
      expect(answer.body.detail).toContain('terrace db migrate')
    } finally {
      await pool.query('alter schema elsewhere rename to terrace')
    }
  })

  test('has met every error of its catalogue but the unforeseen one in these tests', () => {
    const notMade = Object.keys(API_ERRORS).filter((code) => !seenCodes.has(code))
    const elsewhere = ['internal', 'too_large', 'conflict', ...MET_IN_LOGINS, ...MET_IN_UI]
    expect(notMade.filter((code) => !elsewhere.includes(code))).toEqual([])
  })
})
