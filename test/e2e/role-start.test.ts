// Roles that are started before their database, and roles that cannot start at all.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrateQueue } from '../../orchestrator/queue/index.ts'
import { migrateMetadata } from '../../orchestrator/store/migrate.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { type Installation, installation, type RoleName } from '../support/processes.ts'

const LIMIT = 120_000
const ROLES: RoleName[] = ['scheduler', 'worker', 'web']

let database: FreshDatabase
let place: Installation
beforeAll(async () => {
  database = await freshDatabase({
    template: {
      name: 'metadata and queue',
      async build(url) {
        await migrateMetadata(url)
        await migrateQueue(url)
      },
    },
  })
  place = await installation({
    DATABASE_URL: database.url,
    // Never asked: the roles only want to know where it would be.
    CLICKHOUSE_URL: 'http://127.0.0.1:9',
  })
}, LIMIT)
afterAll(async () => {
  await place?.close()
  await database?.drop()
}, LIMIT)

function addressWith(url: string, change: (url: URL) => void): string {
  const changed = new URL(url)
  change(changed)
  return changed.href
}

/** Stands before the database and cuts the first connections, as a server that is not up yet. */
async function slowServer(cut: number): Promise<{ url: string; server: Server }> {
  const { hostname, port } = new URL(database.url)
  let connections = 0
  const server = createServer((socket) => {
    socket.on('error', () => {})
    connections += 1
    if (connections <= cut) return socket.destroy()
    const beyond = connect(Number(port), hostname)
    beyond.on('error', () => socket.destroy())
    socket.pipe(beyond).pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: ours } = server.address() as AddressInfo
  return { url: addressWith(database.url, (url) => (url.port = String(ours))), server }
}

describe.each(ROLES)('terrace %s', { timeout: LIMIT }, (role) => {
  test('waits for a database that is away at its start', async () => {
    const { url, server } = await slowServer(2)
    try {
      const running = await place.start(role, { env: { DATABASE_URL: url } })
      expect(running.output()).toContain('waiting for it')
      expect(await running.stop()).toEqual({ code: 0, signal: null })
    } finally {
      server.close()
    }
  })

  test('ends with an error when waiting would not help', async () => {
    const nowhere = addressWith(database.url, (url) => (url.pathname = '/nowhere'))
    await expect(place.start(role, { env: { DATABASE_URL: nowhere } })).rejects.toThrow(
      /it ended \(exit code 1\)[\s\S]*database "nowhere" does not exist/,
    )
  })
})
