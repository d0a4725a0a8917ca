import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redeemLoginLink } from '../../orchestrator/accounts/login-links.ts'
import { checkPassword, createUser, deleteUser } from '../../orchestrator/accounts/users.ts'
import { loginLines } from '../../orchestrator/roles/first-login.ts'
import { type ControlPlane, freshControlPlane } from '../support/control-plane.ts'

const LINK = /http:\/\/127\.0\.0\.1:8081\/login\/([\w-]{43}) /

let plane: ControlPlane
beforeAll(async () => {
  plane = await freshControlPlane()
})
afterAll(() => plane.close())

async function started(isTerminal: boolean): Promise<string> {
  const where = { webUrl: 'http://127.0.0.1:8081', isTerminal }
  return (await loginLines(plane.database.url, where)).join('\n')
}

describe('what standalone prints', () => {
  test('the first time has a password and a link, each of which logs the admin in', async () => {
    const printed = await started(false)
    const password = /password (\S+)/.exec(printed)![1]!
    const admin = { name: 'admin', role: 'admin' }
    expect(await checkPassword(plane.pool, 'admin', password)).toMatchObject({
      found: { user: admin },
      isRight: true,
    })
    expect(await redeemLoginLink(plane.pool, LINK.exec(printed)![1]!)).toEqual(admin)
  })

  test('later has a fresh link on a terminal, and none where it would be kept', async () => {
    const printed = await started(true)
    expect(printed).not.toContain('password')
    expect(await redeemLoginLink(plane.pool, LINK.exec(printed)![1]!)).toMatchObject({
      name: 'admin',
    })
    expect(await started(false)).toMatch(/^ {2}login {2}npx terrace users login-link/)
  })

  test('makes no admin, and no link, where the people have users of their own', async () => {
    await createUser(plane.pool, { name: 'ada', role: 'viewer', password: 'correct horse' }, 'test')
    await deleteUser(plane.pool, 'admin', 'test')
    for (const isTerminal of [true, false]) expect(await started(isTerminal)).not.toMatch(LINK)
    const { rows } = await plane.pool.query('select name from terrace.user_account')
    expect(rows).toEqual([{ name: 'ada' }])
  })
})
