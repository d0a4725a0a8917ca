// Which routes answer without a login: a new one needs a login unless it is named here.

import { expect, test } from 'vitest'
import { openPostgres } from '../../connections/postgres.ts'
import { buildApp } from '../../orchestrator/api/app.ts'
import { seededDatabase } from './seeded-metadata.ts'

test('every route but those of the page and a few needs a login', async () => {
  const database = await seededDatabase()
  const pool = openPostgres(database.url, { max: 4 })
  const app = buildApp({
    pool,
    host: '127.0.0.1',
    inspectEngines: async () => [],
    onError: () => {},
  })
  const routes: { method: string; url: string }[] = []
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push({ method: one, url })
  })
  try {
    await app.ready()
    const open = new Set<string>()
    for (const { method, url } of routes) {
      const response = await app.inject({
        url: url.replace(/:\w+/g, 'x'),
        method: method as 'GET',
        payload: '{}',
        headers: { host: 'localhost' },
      })
      if (response.statusCode !== 401) open.add(`${method} ${url}`)
    }
    expect(routes.length).toBeGreaterThan(50)
    expect([...open].toSorted()).toEqual([
      'GET /api/v2/monitor/health',
      'GET /api/v2/version',
      'HEAD /api/v2/monitor/health',
      'HEAD /api/v2/version',
      'POST /auth/token',
      'POST /ui/login',
      'POST /ui/login/link',
    ])
  } finally {
    await app.close()
    await pool.end()
    await database.drop()
  }
})
