// The ClickHouse servers that this machine has: the embedded front always, and the one that
// CLICKHOUSE_URL names. Each is opened in a database of its own that is dropped at the end.

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import {
  type ClickHouseFront,
  spawnClickHouseFront,
} from '../../connections/clickhouse-front/spawn.ts'

export interface OpenImplementation {
  /** Without credentials and path. */
  origin: string
  user: string
  password: string
  database: string
  client: ClickHouseClient
  close(): Promise<void>
}

export interface Implementation {
  name: string
  open(): Promise<OpenImplementation>
}

export function implementations(): Implementation[] {
  const found: Implementation[] = [{ name: 'embedded front', open: openFront }]
  const server = process.env.CLICKHOUSE_URL
  if (server)
    found.push({ name: 'CLICKHOUSE_URL', open: () => openDatabase(server, async () => {}) })
  return found
}

/** A front in a folder of its own; `stop` also removes the folder. */
export async function startFront(
  overrides: Partial<Parameters<typeof spawnClickHouseFront>[0]> = {},
): Promise<ClickHouseFront & { folder: string; lines: string[] }> {
  const folder = overrides.dataFolder ?? (await mkdtemp(join(tmpdir(), 'clickhouse-front-')))
  const lines: string[] = []
  const front = await spawnClickHouseFront({
    dataFolder: folder,
    port: 0,
    user: 'terrace',
    password: randomBytes(12).toString('base64url'),
    log: (line) => lines.push(line),
    ...overrides,
  })
  const stop = async () => {
    await front.stop()
    if (overrides.dataFolder === undefined) await rm(folder, { recursive: true, force: true })
  }
  return { ...front, folder, lines, stop }
}

async function openFront(): Promise<OpenImplementation> {
  const front = await startFront()
  return await openDatabase(front.url, front.stop)
}

async function openDatabase(
  address: string,
  stop: () => Promise<void>,
): Promise<OpenImplementation> {
  const url = new URL(address)
  const database = `conformance_${randomBytes(6).toString('hex')}`
  const user = decodeURIComponent(url.username) || 'default'
  const password = decodeURIComponent(url.password)
  const settings = {
    url: url.origin,
    username: user,
    password,
    max_open_connections: 40,
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: {
      output_format_json_quote_64bit_integers: 1 as const,
      output_format_json_quote_decimals: 1 as const,
    },
  }
  const admin = createClient(settings)
  await admin.command({ query: `create database ${database} engine = Atomic` })
  const client = createClient({ ...settings, database })
  return {
    origin: url.origin,
    user,
    password,
    database,
    client,
    async close() {
      await client.close()
      await admin.command({ query: `drop database ${database} sync` })
      await admin.close()
      await stop()
    },
  }
}
