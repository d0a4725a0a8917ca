import { expect, test } from 'vitest'
import { inTransaction } from '../../connections/postgres.ts'
import { createApiToken } from '../../orchestrator/accounts/api-tokens.ts'
import { createLoginLink } from '../../orchestrator/accounts/login-links.ts'
import { startSession } from '../../orchestrator/accounts/sessions.ts'
import { createUser } from '../../orchestrator/accounts/users.ts'
import { cleanMetadata } from '../../orchestrator/store/maintenance.ts'
import { freshControlPlane } from '../support/control-plane.ts'

const TABLES = ['web_session', 'login_link', 'api_token']

test('sessions, links and tokens that expired long ago are deleted, and no others', async () => {
  const plane = await freshControlPlane()
  const { pool } = plane
  try {
    const ada = { name: 'ada', role: 'admin' } as const
    await createUser(pool, { ...ada, password: 'correct horse' }, 'test')
    for (const name of ['old', 'new']) {
      await inTransaction(pool, (client) =>
        startSession(client, ada, { userAgent: name, by: 'link' }),
      )
      await createLoginLink(pool, 'ada', 'test')
      await createApiToken(pool, { user: 'ada', name, days: 1 }, 'test')
    }
    for (const table of TABLES) {
      await pool.query(
        `update terrace.${table} set expires_at = '2026-01-01'
         where token_hash = (select token_hash from terrace.${table} order by created_at limit 1)`,
      )
    }
    const before = new Date('2026-02-01')
    const counted = async (dryRun: boolean) =>
      (await cleanMetadata(pool, { before, dryRun })).filter(({ table }) => TABLES.includes(table))
    const once = TABLES.map((table) => ({ table, rows: 1 }))
    expect(await counted(true)).toEqual(once)
    expect(await counted(false)).toEqual(once)
    expect(await counted(false)).toEqual(TABLES.map((table) => ({ table, rows: 0 })))
    for (const table of TABLES) {
      const { rowCount } = await pool.query(`select from terrace.${table}`)
      expect(rowCount).toBe(1)
    }
  } finally {
    await plane.close()
  }
})
