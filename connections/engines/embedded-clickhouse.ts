// The ClickHouse front (chDB behind ClickHouse's HTTP interface) as a supervised child process with
// a password that is generated once. Only one process may open a chDB folder: a front whose owner
// was killed ends by itself within seconds, and a start waits for that. Root's front runs as an
// unprivileged account, to which its data belongs.

import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawnClickHouseFront } from '../clickhouse-front/spawn.ts'
import {
  type EngineAccount,
  engineAccount,
  engineFolder,
  handOverTree,
  makeFolder,
} from './engine-account.ts'
import { codeOf, EngineError, messageOf } from './engine-error.ts'
import { commandOf, type ProcessIdentity, startOf } from './live-process.ts'
import { portTaken, requireFreePort } from './ports.ts'
import { hasEnded } from './postmaster.ts'
import { superviseProcess } from './supervise-process.ts'

export const CLICKHOUSE_USER = 'terrace'

/** A front without its parent drains for four seconds at most. */
const LEFT_ENDS_WITHIN_MS = 7_000

export interface EmbeddedClickHouse {
  /** With user and password in it. */
  url: string
  version: string
  pid(): number
  /** After the queries in flight, or at once from the moment that `urged` is aborted. */
  stop(urged?: AbortSignal): Promise<void>
}

type Front = ProcessIdentity & Awaited<ReturnType<typeof spawnClickHouseFront>>

export async function startEmbeddedClickHouse(options: {
  home: string
  port: number
  log: (line: string) => void
  /** Told the pid of a front that took the place of one that had ended. */
  onRestart?: (pid: number) => void
}): Promise<EmbeddedClickHouse> {
  const { port, log } = options
  const folder = join(options.home, 'clickhouse')
  makeFolder(folder)
  const password = passwordOf(folder)
  await clearLeftFront(folder)
  const { dataFolder, account } = prepareData(options.home)
  if (port !== 0) await requireFreePort(port, 'Embedded ClickHouse', 'TERRACE_CLICKHOUSE_PORT')
  const start = async (wanted: number): Promise<Front> => {
    const front = await spawnClickHouseFront({
      dataFolder,
      account,
      port: wanted,
      user: CLICKHOUSE_USER,
      password,
      log,
    })
    writeFileSync(join(folder, 'front.pid'), `${front.pid}\n`)
    return { ...front, start: startOf(front.pid) ?? 'gone' }
  }
  const first = await start(port).catch((cause: unknown) => {
    throw startError(cause, port)
  })
  // Whoever has its address must find a restarted front there.
  const address = Number(new URL(first.url).port)
  const supervisor = superviseProcess({
    name: 'Embedded ClickHouse',
    first,
    restart: () => start(address),
    onRestart: (front) => options.onRestart?.(front.pid),
    log,
  })
  return {
    url: first.url,
    version: first.version,
    pid: () => supervisor.current().pid,
    async stop(urged) {
      await supervisor.stop((front) => front.stop(urged))
      rmSync(join(folder, 'front.pid'), { force: true })
    },
  }
}

function prepareData(home: string): { dataFolder: string; account: EngineAccount | null } {
  const parent = engineFolder(home, 'clickhouse')
  const dataFolder = join(parent, 'data')
  const account = engineAccount(dataFolder)
  try {
    makeFolder(parent)
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
    if (account) {
      // Not the account's yet, and closed to it: new, or from a version that ran as root.
      chmodSync(parent, 0o755)
      handOverTree(dataFolder, account)
    }
  } catch (cause) {
    throw new EngineError(
      `Embedded ClickHouse cannot use its folder ${dataFolder}: ${messageOf(cause)}. ` +
        'Set TERRACE_HOME to a folder of this user, or CLICKHOUSE_URL to a server.',
      { cause },
    )
  }
  return { dataFolder, account }
}

function passwordOf(folder: string): string {
  const file = join(folder, 'password')
  if (!existsSync(file)) {
    writeFileSync(file, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 })
  }
  return readFileSync(file, 'utf8').trim()
}

async function clearLeftFront(folder: string): Promise<void> {
  const file = join(folder, 'front.pid')
  if (!existsSync(file)) return
  const pid = Number(readFileSync(file, 'utf8'))
  const start = startOf(pid)
  // After a restart of the machine the pid may be anybody's.
  if (start && commandOf(pid)?.includes('clickhouse-front')) {
    if (!(await hasEnded({ pid, start }, LEFT_ENDS_WITHIN_MS))) {
      process.kill(pid, 'SIGKILL')
      await hasEnded({ pid, start }, LEFT_ENDS_WITHIN_MS)
    }
  }
  rmSync(file, { force: true })
}

function startError(cause: unknown, port: number): unknown {
  if (codeOf(cause) === 'EADDRINUSE') {
    return portTaken(port, 'Embedded ClickHouse', 'TERRACE_CLICKHOUSE_PORT')
  }
  return new EngineError(
    `${messageOf(cause)} Without chDB (Alpine, Windows), set CLICKHOUSE_URL to a ClickHouse server.`,
    { cause },
  )
}
