import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { claimCall, noteFailure } from '../../connections/outer-api/call-ledger.ts'
import { openTestWarehouse, type TestWarehouse } from '../shop/warehouse.ts'
import { freshDatabase } from '../support/database.ts'
import { type Terrace, terraceHere } from './terrace.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const KEY = 'ps-key-0123456789abcdef'

let shop: TestWarehouse
let home: string
let terrace: Terrace

beforeAll(async () => {
  shop = await openTestWarehouse()
  home = mkdtempSync(join(tmpdir(), 'terrace-enrichment-'))
  const env = { DATABASE_URL: shop.url, TERRACE_HOME: home, POSITIONSTACK_KEY: KEY }
  terrace = terraceHere({ cwd: ROOT, env })
  const limits = { callsPerMonth: 100, callsPerMinute: null }
  for (let n = 0; n < 3; n++) {
    const claimed = await claimCall(shop.pool, 'positionstack', limits, 0)
    if (!claimed.isGranted) throw new Error(claimed.reason)
    await noteFailure(shop.pool, 'positionstack', claimed, {
      problem: 'positionstack answered 500: "oops"',
      isOfApi: true,
      pauseSeconds: null,
    })
  }
  await shop.pool.query(
    `insert into dds.lookup_question (kind, question, noted_at, tries, next_try_at, last_problem)
     values
       ('geo', '41.0,29.0', now() - interval '3 hours 5 minutes', 3, now() + interval '1 hour',
         'positionstack answered 500: "oops"'),
       ('geo', '42.0,29.0', now(), 0, now(), null)`,
  )
})
afterAll(async () => {
  await shop.close()
  rmSync(home, { recursive: true, force: true })
})

test('status tells calls, quota and breaker of each API, what is pending, and the last problem', async () => {
  const { code, stdout } = await terrace('enrichment', 'status')
  expect(code).toBe(0)
  expect(stdout).toMatch(/geo +\| positionstack \| waiting until \S+ \S+ UTC \| 3 +\| 100 +\| 3/)
  expect(stdout).toMatch(/weather +\| offline +\| off /)
  expect(stdout).toMatch(/geo +\| 2 +\| 1 +\| 3 h +\| positionstack answered 500: "oops"/)
  expect(stdout).toMatch(/\npositionstack, .* UTC: positionstack answered 500: "oops"\n/)
  expect(stdout).not.toContain(KEY)
})

test('status gives programs one document', async () => {
  const { apis, pending } = JSON.parse((await terrace('enrichment', 'status', '-o', 'json')).stdout)
  expect(apis[0]).toMatchObject({ kind: 'geo', provider: 'positionstack', calls: 3, quota: 100 })
  expect(pending[0]).toMatchObject({ kind: 'geo', pending: 2, postponed: 1 })
  expect(pending[1]).toMatchObject({ kind: 'weather', pending: 0 })
})

test('retry ends the waits, so that the next run asks at once', async () => {
  const { code, stdout } = await terrace('enrichment', 'retry', 'positionstack')
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('now: 1.') })
  const { apis, pending } = JSON.parse((await terrace('enrichment', 'status', '-o', 'json')).stdout)
  expect(apis[0]).toMatchObject({ state: 'ready', calls: 3 })
  expect(pending[0]).toMatchObject({ postponed: 0 })
})

test('a provider that there is not is a wrong call', async () => {
  const { code, stderr } = await terrace('enrichment', 'retry', 'positionstak')
  expect(code).toBe(2)
  expect(stderr).toContain('Known ones: positionstack, openweather, openexchangerates.')
})

test('a warehouse of no version says how to migrate it', async () => {
  const empty = await freshDatabase()
  const env = { DATABASE_URL: empty.url, TERRACE_HOME: home }
  const { code, stderr } = await terraceHere({ cwd: ROOT, env })('enrichment', 'status')
  await empty.drop()
  expect(code).toBe(1)
  expect(stderr).toContain(
    'The warehouse has no enrichment of this version. Run `terrace db migrate`',
  )
})
