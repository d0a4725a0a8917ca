// Real servers for tests, each on a free loopback port, gone with the test process.

import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { engineAccount, handOver } from '../../connections/engines/engine-account.ts'
import { freePort } from '../../connections/engines/ports.ts'
import { startKafkaNode } from '../../scripts/kafka/kafka-node.ts'
import { startOwnedServer } from '../../scripts/owned-server.ts'

export const DEBIAN_POSTGRES = '/usr/lib/postgresql/15/bin'
export const KAFKA_FOLDER = process.env.TERRACE_KAFKA_FOLDER ?? '.terrace/kafka'

export interface TestServer<Address> {
  address: Address
  stop(): Promise<void>
}

/** Address: a URL for REDIS_URL. */
export async function startRedis(): Promise<TestServer<string>> {
  const port = await freePort()
  const folder = temporaryFolder('redis')
  const server = await startOwnedServer({
    name: 'Redis',
    command: 'redis-server',
    // As BullMQ asks for: nothing is evicted.
    args: ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder],
    ready: /Ready to accept connections/,
  })
  return { address: `redis://127.0.0.1:${port}/0`, stop: stopAndRemove(server, folder) }
}

/** Address: brokers for KAFKA_BROKERS. */
export async function startKafka(): Promise<TestServer<string>> {
  const data = temporaryFolder('kafka')
  const node = await startKafkaNode({ folder: KAFKA_FOLDER, data, port: await freePort() })
  return { address: node.brokers, stop: stopAndRemove(node, data) }
}

/** Address: the URL of its database `postgres`, as a superuser. */
export async function startDebianPostgres(): Promise<TestServer<string>> {
  const port = await freePort()
  const account = engineAccount()
  const folder = temporaryFolder('postgres15')
  handOver(folder, account)
  const initdb = spawnSync(
    join(DEBIAN_POSTGRES, 'initdb'),
    ['-D', folder, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '-N'],
    { encoding: 'utf8', cwd: folder, ...(account && { uid: account.uid, gid: account.gid }) },
  )
  if (initdb.status !== 0) throw new Error(`initdb of Postgres 15 failed: ${initdb.stderr}`)
  const settings = { port, fsync: 'off', unix_socket_directories: '', timezone: 'UTC' }
  const server = await startOwnedServer({
    name: 'Postgres 15',
    command: join(DEBIAN_POSTGRES, 'postgres'),
    args: [
      ...['-D', folder, '-h', '127.0.0.1'],
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    ready: /ready to accept connections/,
    signal: 'INT',
    cwd: folder,
    account,
  })
  return {
    address: `postgres://postgres@127.0.0.1:${port}/postgres`,
    stop: stopAndRemove(server, folder),
  }
}

/** A folder under the system's temporary one that other accounts may enter. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `terrace-test-${name}-`))
  chmodSync(folder, 0o755)
  return folder
}

function stopAndRemove(server: { stop(): Promise<void> }, folder: string): () => Promise<void> {
  return async () => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
