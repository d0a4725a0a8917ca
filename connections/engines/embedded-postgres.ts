// Embedded Postgres from the outside: an address, and a way to stop it.
//
// Order of a start: binaries, then a server that a killed owner left behind (adopted when it is as
// we would start it), then the data folder, then the port, then the server.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { engineAccount, engineFolder } from './engine-account.ts'
import { EngineError, messageOf } from './engine-error.ts'
import { commandOf } from './live-process.ts'
import { freePort, PortTakenError, requireFreePort } from './ports.ts'
import { type PostgresBinaries, preparePostgresBinaries } from './postgres-binaries.ts'
import { POSTGRES_USER, type PostgresData, preparePostgresData } from './postgres-data.ts'
import { watchOwner } from './postgres-watchdog.ts'
import {
  findPostmaster,
  hasEnded,
  isStopping,
  type Postmaster,
  startPostmaster,
  stopPostmaster,
} from './postmaster.ts'
import { type SupervisedProcess, superviseProcess } from './supervise-process.ts'

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
  /** Told the pid of a server that took the place of one that had ended. */
  onRestart?: (pid: number) => void
}

export interface EmbeddedPostgres {
  url: string
  version: string
  /** Data, password and log. */
  folder: string
  /** The pid of the server that runs now. */
  pid(): number
  adopted: boolean
  /** In order, or at once from the moment that `urged` is aborted: no data is lost in either case. */
  stop(urged?: AbortSignal): Promise<void>
}

export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => {})
  const folder = engineFolder(options.home, 'postgres')
  const account = engineAccount(join(folder, 'data'))
  const binaries = await preparePostgresBinaries(options.home, account, options.packageFolder)
  const data = await preparePostgresData(folder, binaries, account)

  // Before anything is adopted: from here on the watchdog of a dead owner leaves the server alone.
  const watchdog = watchOwner(data.folder)
  let supervisor: SupervisedProcess<Postmaster> | undefined
  let stopping: Promise<void> | undefined
  const stop = (urged?: AbortSignal) => {
    stopping ??= (async () => {
      await supervisor?.stop((current) => stopPostmaster(current, { urged }))
      await watchdog.dismiss()
    })()
    return stopping
  }
  try {
    const left = await adoptable(data, binaries, options.port)
    const settings = options.settings ?? {}
    const startOn = (port: number) =>
      startPostmaster({ data: data.folder, port, binaries, account, settings })
    if (left) log(`Embedded Postgres (pid ${left.pid}) was left running and is adopted.`)
    const server = left ?? (await startOnSomePort(folder, options.port, startOn))
    const supervised = superviseProcess<Postmaster>({
      name: 'Embedded Postgres',
      first: server,
      restart: async () => {
        // Clears a pid file that by now is another process's.
        findPostmaster(data.folder)
        return startOn(server.port)
      },
      onRestart: (current) => options.onRestart?.(current.pid),
      log,
    })
    supervisor = supervised
    await ensureDatabase(addressOf(data, server.port, 'postgres'))
    return {
      url: addressOf(data, server.port, POSTGRES_DATABASE),
      version: binaries.version,
      folder,
      pid: () => supervised.current().pid,
      adopted: left !== null,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
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

/** A port of our own choice may be gone by the time Postgres binds it: then another is chosen. */
async function startOnSomePort<T>(
  folder: string,
  wanted: number | undefined,
  startOn: (port: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOn(await choosePort(folder, wanted))
    } catch (error) {
      if (wanted || !(error instanceof PortTakenError) || attempt === 5) throw error
    }
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
  try {
    await client.connect()
    const found = await client.query('select 1 from pg_database where datname = $1', [
      POSTGRES_DATABASE,
    ])
    if (found.rowCount === 0) await client.query(`create database ${POSTGRES_DATABASE}`)
  } catch (cause) {
    throw new EngineError(
      `Embedded Postgres runs but its database cannot be made: ${messageOf(cause)}`,
      { cause },
    )
  } finally {
    await client.end()
  }
}
