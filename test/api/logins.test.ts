import type { FastifyInstance, InjectOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPostgres, type Pool } from '../../connections/postgres.ts'
import { createApiToken, revokeApiToken } from '../../orchestrator/accounts/api-tokens.ts'
import { createLoginLink } from '../../orchestrator/accounts/login-links.ts'
import { hashOfToken } from '../../orchestrator/accounts/tokens.ts'
import { createUser, deleteUser, setPassword } from '../../orchestrator/accounts/users.ts'
import { buildApp } from '../../orchestrator/api/app.ts'
import type { FreshDatabase } from '../support/database.ts'
import { PASSWORD } from '../support/login.ts'
import { until } from '../support/until.ts'
import { seededDatabase } from './seeded-metadata.ts'

let database: FreshDatabase
let pool: Pool
let app: FastifyInstance
/** All that the server told of itself, and all that it answered but for what it answers on purpose. */
const said: string[] = []
/** What must stand nowhere in the clear. */
const secrets = [PASSWORD]

const newApp = () =>
  buildApp({
    pool,
    host: '127.0.0.1',
    inspectEngines: async () => [],
    onError: (error) => said.push(error instanceof Error ? `${error.stack}` : String(error)),
  })

beforeAll(async () => {
  database = await seededDatabase()
  pool = openPostgres(database.url, { max: 4 })
  app = newApp()
  await createUser(pool, { name: 'Ada', role: 'admin', password: PASSWORD }, 'test')
  await createUser(pool, { name: 'vera', role: 'viewer', password: PASSWORD }, 'test')
})

afterAll(async () => {
  await app.close()
  await pool.end()
  await database.drop()
})

async function ask(options: InjectOptions & { url: string }, asked = app) {
  const response = await asked.inject({
    ...options,
    headers: { host: 'localhost', ...options.headers },
  })
  if (response.statusCode >= 400) said.push(response.body)
  return response
}

/** Each caller's address is its own, so that tests do not use up one another's attempts. */
function post(url: string, payload: object, remoteAddress = '10.0.0.1', asked = app) {
  return ask({ url, method: 'POST', payload, remoteAddress }, asked)
}

interface Browser {
  cookie: string
  csrfToken: string
}

async function logIn(username = 'Ada', password = PASSWORD): Promise<Browser> {
  const response = await post('/ui/login', { username, password })
  expect(`${response.statusCode} ${response.body}`).toMatch(/^200 /)
  const [cookie] = response.cookies
  secrets.push(cookie!.value)
  return {
    cookie: `${cookie!.name}=${cookie!.value}`,
    csrfToken: response.json().csrf_token,
  }
}

const session = (cookie: string) => ask({ url: '/ui/session', headers: { cookie } })

/** A write that leaves everything as it is when it is let through. */
function write({ cookie, csrfToken }: Browser, csrf: string | null = csrfToken) {
  return ask({
    url: '/api/v2/dags/shop_load',
    method: 'PATCH',
    payload: { is_paused: false },
    headers: { cookie, ...(csrf !== null && { 'x-csrf-token': csrf }) },
  })
}

async function auditOf(actor: string): Promise<string[]> {
  const { rows } = await pool.query(
    'select action from terrace.audit_log where actor = $1 order by id',
    [actor],
  )
  return rows.map((row) => row.action)
}

describe('a login', () => {
  test('gives a cookie out of reach of scripts and other sites, and a session', async () => {
    const response = await post('/ui/login', { username: 'ada', password: PASSWORD })
    expect(response.statusCode).toBe(200)
    expect(response.json()).toEqual({
      user: { name: 'Ada', role: 'admin' },
      csrf_token: expect.stringMatching(/^[\w-]{43}$/),
    })
    const [cookie] = response.cookies
    expect(cookie).toMatchObject({
      name: 'terrace_session',
      path: '/',
      httpOnly: true,
      sameSite: 'Strict',
    })
    expect(cookie).not.toHaveProperty('secure')
    const found = await session(`terrace_session=${cookie!.value}`)
    expect(found.json()).toEqual({
      user: { name: 'Ada', role: 'admin' },
      csrf_token: response.json().csrf_token,
      expires_at: expect.stringMatching(/^\d{4}-.*Z$/),
      version: expect.any(String),
    })
  })

  test('behind a proxy that speaks TLS gives a cookie for TLS alone', async () => {
    const response = await ask({
      url: '/ui/login',
      method: 'POST',
      payload: { username: 'Ada', password: PASSWORD },
      headers: { 'x-forwarded-proto': 'https' },
    })
    expect(response.cookies[0]).toMatchObject({ secure: true })
  })

  test('with a wrong password or an unknown name gets the same answer', async () => {
    const wrong = await post('/ui/login', { username: 'Ada', password: 'hunter2hunter2' })
    const unknown = await post('/ui/login', { username: 'nobody', password: 'hunter2hunter2' })
    expect(wrong.statusCode).toBe(401)
    expect(wrong.json().code).toBe('bad_credentials')
    expect(unknown.body).toBe(wrong.body)
    expect(wrong.cookies).toEqual([])
  })

  test('with a name that nobody can have is answered like a wrong one, and not counted', async () => {
    for (let n = 0; n < 31; n++) {
      const response = await post(
        '/ui/login',
        { username: `\u0130-${n}`, password: PASSWORD },
        '10.5.0.1',
      )
      expect(response.json().code).toBe('bad_credentials')
    }
    const known = await post('/ui/login', { username: 'Ada', password: PASSWORD }, '10.5.0.1')
    expect(known.statusCode).toBe(200)
  })

  test('that is not one gets 422 without what was sent', async () => {
    for (const payload of [{}, { username: 'Ada' }, { username: 'Ada', password: [PASSWORD] }]) {
      const response = await post('/ui/login', payload)
      expect(response.statusCode).toBe(422)
      expect(response.json().detail[0].loc[0]).toBe('body')
    }
    const cut = await ask({
      url: '/ui/login',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      payload: `{"password": ${PASSWORD}`,
    })
    expect(cut.statusCode).toBe(400)
  })

  test('is held back after ten wrong passwords for a name, from wherever they come', async () => {
    const fresh = newApp()
    const guess = (n: number) =>
      post('/ui/login', { username: 'vera', password: 'a wrong one' }, `10.1.0.${n}`, fresh)
    const codes = []
    for (let n = 0; n < 10; n++) codes.push((await guess(n)).statusCode)
    expect(codes).toEqual(Array(10).fill(401))
    const blocked = await post(
      '/ui/login',
      { username: 'VERA', password: PASSWORD },
      '10.2.0.1',
      fresh,
    )
    expect(blocked.statusCode).toBe(429)
    expect(blocked.json().code).toBe('too_many_attempts')
    expect(Number(blocked.headers['retry-after'])).toBeGreaterThan(0)
    const other = await post(
      '/ui/login',
      { username: 'Ada', password: PASSWORD },
      '10.2.0.1',
      fresh,
    )
    expect(other.statusCode).toBe(200)
    const token = await post(
      '/auth/token',
      { username: 'vera', password: PASSWORD },
      '10.2.0.1',
      fresh,
    )
    expect(token.statusCode).toBe(429)
    await fresh.close()
  })

  test.each([
    'update terrace.user_account set password_hash = password_hash || 0 where name = $1',
    'delete from terrace.user_account where name = $1',
  ])('under way ends with what the password opened: %s', async (change) => {
    const user = { username: 'late', password: PASSWORD }
    await createUser(pool, { name: 'late', role: 'viewer', password: PASSWORD }, 'test')
    const link = await createLoginLink(pool, 'late', 'test')
    const other = openPostgres(database.url, { max: 2 })
    const client = await other.connect()
    try {
      await client.query('begin')
      await client.query(change, ['late'])
      await client.query(`delete from terrace.login_link where user_name = 'late'`)
      const answers = Promise.all([
        post('/ui/login', user, '10.4.0.1'),
        post('/auth/token', user, '10.4.0.1'),
        post('/ui/login/link', { token: link }, '10.4.0.1'),
      ])
      await until('all three have found the user as it was', async () => {
        const { rows } = await other.query(
          `select from pg_stat_activity
           where datname = current_database() and wait_event_type = 'Lock'`,
        )
        return rows.length === 3
      })
      await client.query('commit')
      const [browser, program, byLink] = await answers
      expect(browser.json().code).toBe('bad_credentials')
      expect(program.json().code).toBe('bad_credentials')
      expect(byLink.json().code).toBe('link_used')
      for (const { cookies } of [browser, program, byLink]) expect(cookies).toEqual([])
    } finally {
      client.release()
      await other.end()
      await pool.query(`delete from terrace.user_account where name = 'late'`)
    }
  })

  test('says how to make a user when there is none', async () => {
    const users = await pool.query('select * from terrace.user_account')
    expect(users.rowCount).toBe(2)
    await pool.query('alter table terrace.user_account rename to elsewhere')
    await pool.query('create table terrace.user_account (like terrace.elsewhere)')
    try {
      const response = await post('/ui/login', { username: 'Ada', password: PASSWORD }, '10.3.0.1')
      expect(response.json().detail).toContain('terrace users create')
    } finally {
      await pool.query('drop table terrace.user_account')
      await pool.query('alter table terrace.elsewhere rename to user_account')
    }
  })
})

describe('a session', () => {
  test('ends with the logout, and its cookie goes', async () => {
    const browser = await logIn()
    const headers = { cookie: browser.cookie, 'x-csrf-token': browser.csrfToken }
    const response = await ask({ url: '/ui/logout', method: 'POST', headers })
    expect(response.statusCode).toBe(204)
    expect(response.cookies[0]).toMatchObject({ name: 'terrace_session', value: '', maxAge: 0 })
    expect((await session(browser.cookie)).json().code).toBe('not_logged_in')
  })

  test('that is over, unknown or of a user that is gone is none', async () => {
    const expired = await logIn()
    const hash = hashOfToken(expired.cookie.split('=')[1]!)
    await pool.query(
      `update terrace.web_session set expires_at = now() - interval '1 second' where token_hash = $1`,
      [hash],
    )
    for (const cookie of [expired.cookie, 'terrace_session=', 'terrace_session=nope', 'a=b']) {
      const response = await session(cookie)
      expect({ status: response.statusCode, code: response.json().code }).toEqual({
        status: 401,
        code: 'not_logged_in',
      })
    }
    await createUser(pool, { name: 'gone', role: 'admin', password: PASSWORD }, 'test')
    const gone = await logIn('gone')
    await deleteUser(pool, 'gone', 'test')
    expect((await session(gone.cookie)).statusCode).toBe(401)
    expect((await write(gone)).statusCode).toBe(401)
  })

  test('lasts while it is used, and thirty days at the most', async () => {
    const browser = await logIn()
    const hash = hashOfToken(browser.cookie.split('=')[1]!)
    const put = (column: string, value: string) =>
      pool.query(
        `update terrace.web_session set ${column} = now() + $2::interval where token_hash = $1`,
        [hash, value],
      )
    const daysLeft = async () => {
      const { expires_at } = (await session(browser.cookie)).json()
      return (new Date(expires_at).getTime() - Date.now()) / 86_400_000
    }
    await put('expires_at', '1 day')
    expect(await daysLeft()).toBeCloseTo(1, 1)
    await put('seen_at', '-2 minutes')
    expect(await daysLeft()).toBeCloseTo(7, 1)
    await put('seen_at', '-2 minutes')
    await put('created_at', '-28 days')
    expect(await daysLeft()).toBeCloseTo(2, 1)
  })

  test('ends when the password is set anew', async () => {
    await createUser(pool, { name: 'reset', role: 'viewer', password: PASSWORD }, 'test')
    const browser = await logIn('reset')
    const api = { user: 'reset', name: 'nightly', days: 1 }
    const token = await createApiToken(pool, api, 'test')
    const asked = () => ask({ url: '/api/v2/dags', headers: { authorization: `Bearer ${token}` } })
    secrets.push(token)
    const name = 'reset'
    await setPassword(pool, { name, password: `${PASSWORD} 1`, keepTokens: true }, 'test')
    expect((await asked()).statusCode).toBe(200)
    await setPassword(pool, { name, password: `${PASSWORD} 2` }, 'test')
    expect((await asked()).statusCode).toBe(401)
    expect((await session(browser.cookie)).statusCode).toBe(401)
    const old = await post('/ui/login', { username: 'reset', password: PASSWORD })
    expect(old.statusCode).toBe(401)
    await logIn('reset', `${PASSWORD} 2`)
  })
})

describe('a write', () => {
  test('with the cookie needs the CSRF token of its own session', async () => {
    const browser = await logIn()
    const other = await logIn()
    expect((await write(browser)).statusCode).toBe(200)
    for (const csrf of [null, '', 'wrong', other.csrfToken]) {
      const response = await write(browser, csrf)
      expect(response.statusCode).toBe(403)
      expect(response.json().code).toBe('bad_csrf_token')
    }
    const logout = await ask({
      url: '/ui/logout',
      method: 'POST',
      headers: { cookie: browser.cookie },
    })
    expect(logout.json().code).toBe('bad_csrf_token')
    expect((await session(browser.cookie)).statusCode).toBe(200)
  })

  test('of a viewer is refused, but for the logout', async () => {
    const viewer = await logIn('vera')
    const response = await write(viewer)
    expect(response.statusCode).toBe(403)
    expect(response.json().code).toBe('read_only_role')
    const headers = { cookie: viewer.cookie, 'x-csrf-token': viewer.csrfToken }
    expect((await ask({ url: '/api/v2/dags', headers })).statusCode).toBe(200)
    expect((await ask({ url: '/ui/logout', method: 'POST', headers })).statusCode).toBe(204)
  })

  test('is refused under another name of the server, whoever makes it', async () => {
    const { cookie, csrfToken } = await logIn()
    const response = await ask({
      url: '/api/v2/dags/shop_load',
      method: 'PATCH',
      payload: { is_paused: true },
      headers: { host: 'evil.example', cookie, 'x-csrf-token': csrfToken },
    })
    expect(response.json().code).toBe('bad_host')
    const login = await ask({
      url: '/ui/login',
      method: 'POST',
      payload: { username: 'Ada', password: PASSWORD },
      headers: { host: 'evil.example' },
    })
    expect(login.json().code).toBe('bad_host')
  })
})

describe('an API token', () => {
  const asProgram = (token: string, method: 'GET' | 'PATCH' = 'GET') =>
    ask({
      url: '/api/v2/dags/shop_load',
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(method === 'PATCH' && { payload: { is_paused: false } }),
    })

  test('for a password reads and writes without a CSRF token', async () => {
    const response = await post('/auth/token', { username: 'Ada', password: PASSWORD })
    expect(response.statusCode).toBe(201)
    const { access_token } = response.json()
    secrets.push(access_token)
    expect(response.json()).toEqual({ access_token: expect.stringMatching(/^terrace_[\w-]{43}$/) })
    expect(response.cookies).toEqual([])
    expect((await asProgram(access_token)).statusCode).toBe(200)
    expect((await asProgram(access_token, 'PATCH')).statusCode).toBe(200)
    const wrong = await post('/auth/token', { username: 'Ada', password: 'hunter2hunter2' })
    expect(wrong.json().code).toBe('bad_credentials')
  })

  test('carries the rights of its user, and remembers when it was used', async () => {
    const token = await createApiToken(pool, { user: 'vera', name: 'wall', days: 7 }, 'test')
    secrets.push(token)
    expect((await asProgram(token)).statusCode).toBe(200)
    expect((await asProgram(token, 'PATCH')).json().code).toBe('read_only_role')
    const { rows } = await pool.query(
      `select last_used_at > now() - interval '1 minute' as used from terrace.api_token
       where name = 'wall'`,
    )
    expect(rows).toEqual([{ used: true }])
  })

  test('that has expired, was revoked or never was is refused, beside a good cookie too', async () => {
    const expired = await createApiToken(pool, { user: 'Ada', name: 'old', days: 1 }, 'test')
    await pool.query(`update terrace.api_token set expires_at = now() where name = 'old'`)
    const revoked = await createApiToken(pool, { user: 'Ada', name: 'leaked', days: 1 }, 'test')
    expect((await asProgram(revoked)).statusCode).toBe(200)
    await revokeApiToken(pool, 'Ada', 'leaked', 'test')
    for (const token of [expired, revoked, 'terrace_nope', '']) {
      expect((await asProgram(token)).json()).toEqual({
        code: 'not_logged_in',
        detail: expect.stringContaining('unknown, revoked or expired'),
      })
    }
    const { cookie } = await logIn()
    for (const authorization of ['Bearer nope', 'Basic QWRhOmh1bnRlcjI=', 'nonsense']) {
      const response = await ask({ url: '/api/v2/dags', headers: { cookie, authorization } })
      expect(response.statusCode).toBe(401)
    }
    secrets.push(expired, revoked)
  })
})

describe('a login link', () => {
  test('logs in once', async () => {
    const token = await createLoginLink(pool, 'Ada', 'test')
    secrets.push(token)
    // A preview of a chat and a scanner of mail open links, too.
    for (const method of ['HEAD', 'GET'] as const) {
      const ahead = await ask({ url: `/login/${token}`, method })
      expect(ahead.cookies).toEqual([])
    }
    const [first, second] = await Promise.all([
      post('/ui/login/link', { token }),
      post('/ui/login/link', { token }),
    ])
    const landed = [first, second].map((one) => [one.statusCode, one.json().code])
    expect(landed.toSorted()).toEqual([
      [200, undefined],
      [401, 'link_used'],
    ])
    const cookies = [...first.cookies, ...second.cookies]
    expect(cookies).toHaveLength(1)
    secrets.push(cookies[0]!.value)
    expect((await session(`terrace_session=${cookies[0]!.value}`)).json().user.name).toBe('Ada')
  })

  test('that has expired or never was says what to do', async () => {
    const token = await createLoginLink(pool, 'Ada', 'test')
    await pool.query('update terrace.login_link set expires_at = now() where token_hash = $1', [
      hashOfToken(token),
    ])
    for (const one of [token, 'nope']) {
      const response = await post('/ui/login/link', { token: one })
      expect(response.statusCode).toBe(401)
      expect(response.json().detail).toContain('terrace users login-link')
      expect(response.cookies).toEqual([])
    }
  })
})

describe('afterwards', () => {
  test('the audit log names who logged in and out, and which logins failed', async () => {
    for (const action of ['user.login', 'user.login_failed', 'user.logout', 'dag.unpause']) {
      // A failed login is written once its answer is out.
      await until(`${action} is there`, async () => (await auditOf('Ada')).includes(action))
    }
    // What is typed as a name may be a password.
    expect(await auditOf('nobody')).toEqual([])
    const { rows } = await pool.query(
      `select distinct detail ->> 'by' as by from terrace.audit_log
       where action = 'user.login' order by 1`,
    )
    expect(rows).toEqual([{ by: 'link' }, { by: 'password' }])
  })

  test('no password and no token stands in the database, an error or a log', async () => {
    expect(secrets.length).toBeGreaterThan(8)
    const { rows: tables } = await pool.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname = 'terrace'`,
    )
    const stored: string[] = []
    for (const { name } of tables) {
      const { rows } = await pool.query(`select t::text as row from ${name} t`)
      stored.push(...rows.map((row) => row.row))
    }
    expect(stored.join('\n')).toContain('$scrypt$n=32768,r=8,p=3$')
    for (const secret of secrets) {
      // bytea is written in hexadecimal.
      for (const form of [secret, Buffer.from(secret).toString('hex')]) {
        expect(stored.filter((row) => row.includes(form))).toEqual([])
        expect(said.filter((text) => text.includes(form))).toEqual([])
      }
    }
  })
})
