import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import {
  type EmbeddedClickHouse,
  startEmbeddedClickHouse,
} from '../../connections/engines/embedded-clickhouse.ts'
import { migrateAll } from '../../orchestrator/roles/migrate-all.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { temporaryFolder } from '../support/servers.ts'

const home = temporaryFolder('password')
let marts: EmbeddedClickHouse
let database: FreshDatabase
beforeAll(async () => {
  marts = await startEmbeddedClickHouse({ home, port: 0, log: () => {} })
  database = await freshDatabase()
})
afterAll(async () => {
  await database?.drop()
  await marts?.stop()
  rmSync(home, { recursive: true, force: true })
})

test('A wrong password of the marts is said once, with its variable and without a stack', async () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => {})
  const clickhouseUrl = marts.url.replace(/:[^:@]+@/, ':guess@')
  const migrated = migrateAll({
    databaseUrl: database.url,
    warehouseUrl: database.url,
    redisUrl: null,
    kafkaBrokers: null,
    clickhouseUrl,
  })
  await expect(migrated).rejects.toThrow(
    /^ClickHouse at \S+ \(CLICKHOUSE_URL\) does not let its user in: .*Correct the user and password/,
  )
  await expect(migrated).rejects.not.toThrow(/guess/)
  expect(said).not.toHaveBeenCalled()
  said.mockRestore()
})
