// The servers of one run of the benchmarks: embedded Postgres with the settings that users get, all
// durable, and a redis-server, both in a temporary home.

import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { startEmbeddedPostgres } from '../connections/engines/embedded-postgres.ts'
import { freePort } from '../connections/engines/ports.ts'
import { startOwnedServer } from '../scripts/owned-server.ts'

export interface Servers {
  home: string
  postgresUrl: string
  redisUrl: string
  /** What the table says of durability. */
  durability: string
  stop(): Promise<void>
}

export async function startServers(): Promise<Servers> {
  const home = temporaryHome()
  const postgres = await startEmbeddedPostgres({ home, port: 0 })
  const redisPort = await freePort()
  const redis = await startOwnedServer({
    name: 'Redis',
    command: 'redis-server',
    args: ['--port', `${redisPort}`, '--bind', '127.0.0.1', '--save', '', '--dir', home],
    ready: /Ready to accept connections/,
  })
  return {
    home,
    postgresUrl: postgres.url,
    redisUrl: `redis://127.0.0.1:${redisPort}/0`,
    durability: await durabilityOf(postgres.url),
    async stop() {
      await redis.stop()
      await postgres.stop()
      removeHome(home)
      rmSync(postgres.folder, { recursive: true, force: true })
    },
  }
}

export function temporaryHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'terrace-bench-'))
  // mkdtemp makes it private; run by root, Postgres runs as another user who must get in.
  chmodSync(home, 0o755)
  return home
}

export function removeHome(home: string): void {
  rmSync(home, { recursive: true, force: true })
}

async function durabilityOf(url: string): Promise<string> {
  const client = new Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings
     where name in ('fsync', 'synchronous_commit', 'full_page_writes') order by name`,
  )
  await client.end()
  const settings = rows.map(({ name, setting }) => `${name}=${setting}`).join(', ')
  return `metadata: ${settings}; the queue's own: Postgres synchronous_commit=off, Redis without AOF`
}
