// Embedded Postgres from the outside: an address, and a way to stop it.
//
// Order of a start: binaries, then a server that a killed owner left behind (adopted when it is as
// we would start it), then the data folder, then the port, then the server.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { EngineError, messageOf } from './engine-error.ts'
import { commandOf } from './live-process.ts'
import { freePort, requireFreePort } from './ports.ts'
import { postgresAccount, postgresFolder } from './postgres-account.ts'
import { type PostgresBinaries, preparePostgresBinaries } from './postgres-binaries.ts'
import { POSTGRES_USER, type PostgresData, preparePostgresData } from './postgres-data.ts'
import { watchOwner } from './postgres-watchdog.ts'
import {
  findPostmaster,
  hasEnded,
  isStopping,
  type Postmaster,
  type PostmasterOptions,
  startPostmaster,
  stopPostmaster,
} from './postmaster.ts'
import { superviseProcess } from './supervise-process.ts'

export const POSTGRES_DATABASE = 'terrace'

/** Where ports of our choice begin: clear of 5432, which a system's own Postgres may want later. */
const FIRST_PORT = 15432

export interface EmbeddedPostgresOptions {
  /** TERRACE_HOME; the data may end up elsewhere, see `folder`. */
  home: string
  /** Undefined: a free one, kept from start to start. 0: a free one. */
  port?: number | undefined
  /** Postgres settings instead of ours, such as `{ fsync: 'off' }` in tests. */
  settings?: Record<string, string>
  /** Where npm put the binaries, when not beside us. */
  packageFolder?: string
  log?: (line: string) => void
}

export interface EmbeddedPostgres {
  url: string
  version: string
  /** Data, password and log. */
  folder: string
  /** The pid of the server that runs now. */
  pid(): number
  adopted: boolean
  stop(): Promise<void>
}

export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => {})
  const account = postgresAccount()
  const folder = postgresFolder(options.home, account)
  const binaries = preparePostgresBinaries(options.home, account, options.packageFolder)
  const data = await preparePostgresData(folder, binaries, account)

  const left = await adoptable(data, binaries, options.port)
  const port = left?.port ?? (await choosePort(folder, options.port))
  const start: PostmasterOptions = {
    data: data.folder,
    port,
    binaries,
    account,
    settings: options.settings ?? {},
  }
  const server = left ?? (await startPostmaster(start))
  if (left) log(`Embedded Postgres (pid ${left.pid}) was left running and is adopted.`)
  const watchdog = watchOwner(data.folder)
  const supervisor = superviseProcess<Postmaster>({
    name: 'Embedded Postgres',
    first: server,
    restart: () => startPostmaster(start),
    log,
  })
  const stop = once(async () => {
    await supervisor.stop((current) => stopPostmaster(current))
    watchdog.dismiss()
  })
  try {
    await ensureDatabase(addressOf(data, port, 'postgres'))
  } catch (cause) {
    await stop()
    throw new EngineError(
      `Embedded Postgres in ${folder} runs but cannot be used: ${messageOf(cause)}`,
      { cause },
    )
  }
  return {
    url: addressOf(data, port, POSTGRES_DATABASE),
    version: binaries.version,
    folder,
    pid: () => supervisor.current().pid,
    adopted: left !== null,
    stop,
  }
}

function addressOf(data: PostgresData, port: number, database: string): string {
  return `postgres://${POSTGRES_USER}:${data.password}@127.0.0.1:${port}/${database}`
}

/** A running server of this folder that answers, on the wanted port and by the same binaries. */
async function adoptable(
  data: PostgresData,
  binaries: PostgresBinaries,
  wantedPort: number | undefined,
): Promise<Postmaster | null> {
  const found = findPostmaster(data.folder)
  if (!found) return null
  if (isStopping(data.folder) && (await hasEnded(found, 30_000))) return null
  const samePort = !wantedPort || wantedPort === found.port
  const sameBinaries = commandOf(found.pid)?.startsWith(`${binaries.postgres} `) ?? false
  if (samePort && sameBinaries && (await answers(addressOf(data, found.port, 'postgres')))) {
    return found
  }
  await stopPostmaster(found)
  return null
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

async function choosePort(folder: string, wanted: number | undefined): Promise<number> {
  if (wanted === 0) return freePort()
  if (wanted) {
    await requireFreePort(wanted, 'Embedded Postgres', 'TERRACE_POSTGRES_PORT')
    return wanted
  }
  const file = join(folder, 'port')
  const last = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
  const candidates = Array.from({ length: 100 }, (_, index) => FIRST_PORT + index)
  if (last > 0 && last < 65536) candidates.unshift(last)
  const port = await freePort(candidates)
  if (port !== last) writeFileSync(file, `${port}\n`)
  return port
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  await client.connect()
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [
      POSTGRES_DATABASE,
    ])
    if (found.rowCount === 0) await client.query(`create database ${POSTGRES_DATABASE}`)
  } finally {
    await client.end()
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => {
    done ??= work()
    return done
  }
}
