import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Pool } from '../../connections/postgres.ts'
import { findApiToken } from '../../orchestrator/accounts/api-tokens.ts'
import { redeemLoginLink } from '../../orchestrator/accounts/login-links.ts'
import { checkPassword, createFirstUser } from '../../orchestrator/accounts/users.ts'
import { registerProcess } from '../../orchestrator/store/processes.ts'
import { type ControlPlane, freshControlPlane } from '../support/control-plane.ts'
import { type Terrace, terraceHere, terraceIn } from './terrace.ts'

let plane: ControlPlane
let pool: Pool
let folder: string
let terrace: Terrace
/** In a process of its own, with this on its standard input. */
let withInput: (input: string) => Terrace

beforeAll(async () => {
  plane = await freshControlPlane()
  pool = plane.pool
  folder = mkdtempSync(join(tmpdir(), 'terrace-users-'))
  const place = { cwd: folder, env: { DATABASE_URL: plane.database.url } }
  terrace = terraceHere(place)
  withInput = (input) => terraceIn({ ...place, input })
})

afterAll(async () => {
  await plane.close()
  rmSync(folder, { recursive: true, force: true })
})

async function json(...args: string[]) {
  const { code, stdout, stderr } = await terrace(...args, '-o', 'json')
  expect(`${code} ${stderr}`).toMatch(/^0 /)
  return JSON.parse(stdout)
}

describe('users', () => {
  test('create makes a password, and prints it on standard output alone', async () => {
    const none = await terrace('users', 'list')
    expect(none.stdout).toContain('terrace users create')
    const { code, stdout, stderr } = await terrace('users', 'create', '-u', 'ada', '-r', 'Admin')
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('this once') })
    const password = /(\w{5}-){4}\w{5}/.exec(stdout)![0]
    expect(stderr).not.toContain(password)
    expect(await checkPassword(pool, 'ada', password)).toMatchObject({
      found: { user: { name: 'ada', role: 'admin' } },
      isRight: true,
    })
  })

  test('create takes a password from standard input, without the end of its line', async () => {
    const call = ['users', 'create', '-u', 'vera', '-r', 'viewer', '--password-stdin']
    const short = await withInput('short\n')(...call)
    expect(short).toMatchObject({ code: 2, stderr: expect.stringContaining('fewer than 10') })
    const { code, stdout } = await withInput('from a pipe, 1st\n')(...call)
    expect(code).toBe(0)
    expect(stdout).not.toContain('from a pipe')
    expect((await checkPassword(pool, 'vera', 'from a pipe, 1st')).isRight).toBe(true)
  })

  test('list shows who there is and no hash', async () => {
    expect(await json('users', 'list')).toEqual([
      {
        username: 'ada',
        role: 'admin',
        created_at: expect.any(String),
        password_set_at: expect.any(String),
        last_seen_at: null,
        sessions: 0,
      },
      expect.objectContaining({ username: 'vera', role: 'viewer' }),
    ])
    for (const format of ['table', 'plain', 'yaml']) {
      expect((await terrace('users', 'list', '-o', format)).stdout).not.toContain('scrypt')
    }
  })

  test('reset-password gives a new one, and the old one goes', async () => {
    const [{ password }] = await json('users', 'reset-password', '-u', 'VERA')
    expect((await checkPassword(pool, 'VERA', password)).isRight).toBe(true)
    expect((await checkPassword(pool, 'vera', 'from a pipe, 1st')).isRight).toBe(false)
  })

  test('login-link prints a link to the web server that runs, which logs in once', async () => {
    const early = await terrace('users', 'login-link', '-u', 'ada')
    expect(early.stdout).toMatch(/^http:\/\/127\.0\.0\.1:8081\/login\/[\w-]{43}\n$/)
    expect(early.stderr).toContain('No web server runs')
    await registerProcess(pool, {
      kind: 'web',
      hostname: 'host-1',
      pid: 1,
      version: '0.1.0',
      detail: { url: 'http://127.0.0.1:9090' },
    })
    const { stdout, stderr } = await terrace('users', 'login-link', '-u', 'ada')
    expect(stderr).toBe('')
    const token = /^http:\/\/127\.0\.0\.1:9090\/login\/([\w-]{43})\n$/.exec(stdout)![1]!
    expect(await redeemLoginLink(pool, token)).toEqual({ name: 'ada', role: 'admin' })
    expect(await redeemLoginLink(pool, token)).toBeNull()
    const proxied = await terrace('users', 'login-link', '-u', 'ada', '--url', 'https://t.example')
    expect(proxied.stdout).toMatch(/^https:\/\/t\.example\/login\//)
  })

  test('tokens are made, listed without what they are, and revoked', async () => {
    const made = ['users', 'tokens', 'create', '-u', 'ada', '-n', 'nightly']
    const [{ token }] = await json(...made, '--days', '7')
    expect((await findApiToken(pool, token))?.user).toEqual({ name: 'ada', role: 'admin' })
    expect(await terrace(...made)).toMatchObject({ code: 2 })
    const listed = await json('users', 'tokens', 'list', '-u', 'ada')
    expect(listed).toMatchObject([{ username: 'ada', token_name: 'nightly' }])
    expect(JSON.stringify(listed)).not.toContain(token)
    const kept = await terrace('users', 'reset-password', '-u', 'ada', '--keep-tokens')
    expect(kept.stderr).toContain('API tokens that go on working: nightly')
    expect(await terrace('users', 'tokens', 'revoke', '-u', 'ada', '-n', 'nightly')).toMatchObject({
      code: 0,
    })
    expect(await findApiToken(pool, token)).toBeNull()

    await terrace('users', 'tokens', 'create', '-u', 'ada', '-n', 'weekly')
    const reset = await terrace('users', 'reset-password', '-u', 'ada')
    expect(reset.stderr).toContain('API tokens that were revoked: weekly')
    expect(await json('users', 'tokens', 'list', '-u', 'ada')).toEqual([])
  })

  test('delete asks first, and says when no admin is left', async () => {
    const call = ['users', 'delete', '-u', 'ada']
    expect(await terrace(...call)).toMatchObject({ code: 2 })
    const { code, stdout, stderr } = await terrace(...call, '-y')
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Deleted "ada".\n' })
    expect(stderr).toContain('No admin is left')
  })

  test('every change is in the audit log, under the name of who made it', async () => {
    const { rows } = await pool.query<{ actor: string; action: string }>(
      `select distinct actor, action from terrace.audit_log where action like 'user.%' order by 2`,
    )
    expect(rows.map((row) => row.action)).toEqual([
      'user.create',
      'user.delete',
      'user.login_link',
      'user.reset_password',
      'user.token_create',
      'user.token_revoke',
    ])
    for (const { actor } of rows) expect(actor).toMatch(/^cli:/)
  })

  test.each([
    [['users', 'create'], 'username'],
    [['users', 'create', '-u', 'bob'], 'role'],
    [['users', 'create', '-u', 'bob', '-r', 'owner'], 'admin, viewer'],
    [['users', 'create', '-u', 'bob ', '-r', 'viewer'], 'letters, digits'],
    [['users', 'create', '-u', 'cli:bob', '-r', 'viewer'], 'letters, digits'],
    [['users', 'create', '-u', 'Vera', '-r', 'viewer'], 'reset-password'],
    [['users', 'reset-password', '-u', 'vora'], 'Did you mean "vera"?'],
    [['users', 'delete', '-u', 'nobody', '-y'], 'terrace users list'],
    [['users', 'login-link'], 'There is no user "admin"'],
    [['users', 'login-link', '-u', 'vera', '--url', 'javascript:x'], 'https://'],
    [['users', 'tokens', 'create', '-u', 'vera', '-n', 'a b'], 'letters, digits'],
    [['users', 'tokens', 'create', '-u', 'vera', '-n', 'a', '--days', '0'], 'from 1 to 3650'],
    [['users', 'tokens', 'revoke', '-u', 'vera', '-n', 'nope'], 'has no token "nope"'],
  ])('%j is a wrong call, and says why', async (call, why) => {
    const { code, stderr } = await terrace(...call)
    expect(code).toBe(2)
    expect(stderr).toContain(why)
  })

  test('offer examples in the help of every verb', async () => {
    for (const call of [
      ['users'],
      ['users', 'create'],
      ['users', 'list'],
      ['users', 'delete'],
      ['users', 'reset-password'],
      ['users', 'login-link'],
      ['users', 'tokens'],
      ['users', 'tokens', 'create'],
      ['users', 'tokens', 'list'],
      ['users', 'tokens', 'revoke'],
    ]) {
      const { code, stdout } = await terrace(...call, '--help')
      expect(code).toBe(0)
      expect(stdout).toMatch(new RegExp(`Examples:\n {2}\\$ terrace ${call.join(' ')}`))
    }
  })
})

test('of several first starts at once, one makes the admin', async () => {
  const empty = await freshControlPlane()
  try {
    const made = await Promise.all(
      Array.from({ length: 4 }, () => createFirstUser(empty.pool, 'admin', 'standalone')),
    )
    const passwords = made.filter((one) => one !== null)
    expect(passwords).toHaveLength(1)
    expect(await checkPassword(empty.pool, 'admin', passwords[0]!.password)).toMatchObject({
      found: { user: { name: 'admin', role: 'admin' } },
      isRight: true,
    })
    expect(await createFirstUser(empty.pool, 'admin', 'standalone')).toBeNull()
  } finally {
    await empty.close()
  }
})
