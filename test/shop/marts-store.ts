// An embedded ClickHouse for a test file, and a warehouse with migrated marts for each test.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { spawnClickHouseFront } from '../../connections/clickhouse-front/spawn.ts'
import { migrateMarts } from '../../connections/migrations.ts'
import { openTestWarehouse, type TestWarehouse } from './warehouse.ts'

export interface MartsStore {
  url: string
  client: ClickHouseClient
  /** A new warehouse; what the last one left in the marts is gone. */
  freshShop(): Promise<TestWarehouse>
  rows<T>(query: string): Promise<T[]>
  close(): Promise<void>
}

export async function openMartsStore(): Promise<MartsStore> {
  const home = mkdtempSync(join(tmpdir(), 'terrace-marts-'))
  const front = await spawnClickHouseFront({
    dataFolder: join(home, 'data'),
    port: 0,
    user: 'terrace',
    password: 'for-tests',
    log: () => {},
  })
  const client = createClient({ url: front.url, database: 'marts' })
  const admin = createClient({ url: front.url })
  return {
    url: front.url,
    client,
    async freshShop() {
      await admin.command({ query: 'drop database if exists marts sync' })
      const shop = await openTestWarehouse({ clickhouse: client, clickhouseUrl: front.url })
      await migrateMarts(shop.connections)
      return shop
    },
    async rows<T>(query: string) {
      const result = await client.query({ query, format: 'JSONEachRow' })
      return result.json<T>()
    },
    async close() {
      await Promise.all([client.close(), admin.close()])
      await front.stop()
      rmSync(home, { recursive: true, force: true })
    },
  }
}
