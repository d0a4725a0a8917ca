// Real servers for tests, each on a free loopback port, gone with the test process.

import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { engineAccount, handOver } from '../../connections/engines/engine-account.ts'
import { freePort } from '../../connections/engines/ports.ts'
import { startKafkaNode } from '../../scripts/kafka/kafka-node.ts'
import { startOwnedServer } from '../../scripts/owned-server.ts'
import type { Certificates } from './certificates.ts'

export const DEBIAN_POSTGRES = '/usr/lib/postgresql/15/bin'
export const KAFKA_FOLDER = process.env.TERRACE_KAFKA_FOLDER ?? '.terrace/kafka'

export interface TestServer<Address> {
  address: Address
  stop(): Promise<void>
}

/** Address: a URL for REDIS_URL. */
export async function startRedis(args: string[] = []): Promise<TestServer<string>> {
  const port = await freePort()
  const folder = temporaryFolder('redis')
  const server = await startOwnedServer({
    name: 'Redis',
    command: 'redis-server',
    // As BullMQ asks for: nothing is evicted.
    args: [...['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder], ...args],
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

/** Address: the URL of its database `postgres`, as a superuser. With TLS it is at `localhost`. */
export async function startDebianPostgres(tls?: Certificates): Promise<TestServer<string>> {
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
  if (tls) {
    writeFileSync(join(folder, 'server.crt'), tls.certificate)
    writeFileSync(join(folder, 'server.key'), tls.key, { mode: 0o600 })
    handOver(join(folder, 'server.crt'), account)
    handOver(join(folder, 'server.key'), account)
  }
  const settings = {
    ...{ port, fsync: 'off', unix_socket_directories: '', timezone: 'UTC' },
    ...(tls && { ssl: 'on' }),
  }
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
    address: `postgres://postgres@${tls ? 'localhost' : '127.0.0.1'}:${port}/postgres`,
    stop: stopAndRemove(server, folder),
  }
}

/** In front of a Postgres. Address: that of the same database through PgBouncer. */
export async function startPgBouncer(
  postgresUrl: string,
  poolMode: 'session' | 'transaction',
): Promise<TestServer<string>> {
  const port = await freePort()
  const folder = temporaryFolder('pgbouncer')
  const account = engineAccount()
  const server = new URL(postgresUrl)
  const target = `host=${server.hostname} port=${server.port} user=${server.username} password=${server.password}`
  const config = join(folder, 'pgbouncer.ini')
  writeFileSync(
    config,
    `[databases]
* = ${target}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${poolMode}
default_pool_size = 40
max_client_conn = 200
`,
  )
  handOver(folder, account)
  const bouncer = await startOwnedServer({
    name: 'PgBouncer',
    command: inSystem('pgbouncer') ?? 'pgbouncer',
    args: [config],
    ready: /process up/,
    signal: 'INT',
    account,
  })
  const url = new URL(postgresUrl)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  return { address: url.href, stop: stopAndRemove(bouncer, folder) }
}

/** A program in PATH, or where Debian puts what only root starts. */
export function inSystem(command: string): string | null {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']) {
    const path = join(folder, command)
    if (folder && existsSync(path)) return path
  }
  return null
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
