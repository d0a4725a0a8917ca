// A Postgres server process of ours: started in its own process group, found again through
// postmaster.pid, watched, and stopped fast (SIGINT) within a bound.

import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type EngineAccount, handOver } from './engine-account.ts'
import { EngineError } from './engine-error.ts'
import { commandOf, isAlive, type ProcessIdentity, startOf } from './live-process.ts'
import { portTaken } from './ports.ts'
import { POSTGRES_ENV, type PostgresBinaries } from './postgres-binaries.ts'

const READY_WITHIN_MS = 60_000
const FAST_STOP_WITHIN_MS = 20_000
const LOG_KEPT_BYTES = 10 * 1024 * 1024

export interface Postmaster extends ProcessIdentity {
  port: number
  /** Of a server that this process started. */
  exited?: Promise<unknown>
}

interface PidFile {
  pid: number
  port: number
  /** `starting`, `ready`, `stopping` …; empty before Postgres wrote it. */
  status: string
}

export interface PostmasterOptions {
  data: string
  port: number
  binaries: PostgresBinaries
  account: EngineAccount | null
  /** Beside our defaults, or instead of them. */
  settings: Record<string, string>
}

// For a development machine of two cores with other servers beside; durability is not traded.
const SETTINGS: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  fsync: 'on',
  synchronous_commit: 'on',
  shared_buffers: '256MB',
  effective_cache_size: '1GB',
  work_mem: '16MB',
  maintenance_work_mem: '128MB',
  wal_compression: 'on',
  min_wal_size: '256MB',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  random_page_cost: '1.1',
  // Short statements of the control plane lose more by compiling than they gain.
  jit: 'off',
  autovacuum_naptime: '15s',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
}

export function logFileOf(data: string): string {
  return join(dirname(data), 'postgres.log')
}

/** A server that already runs on the data folder; a pid file left by a dead one is removed. */
export function findPostmaster(data: string): Postmaster | null {
  const file = readPidFile(data)
  if (!file) return null
  const start = startOf(file.pid)
  // After a restart of the machine the pid may be anybody's; Postgres itself would then refuse.
  if (start && commandOf(file.pid)?.includes(data)) return { ...file, start }
  rmSync(join(data, 'postmaster.pid'), { force: true })
  return null
}

/** Starts the server and resolves when it takes connections. */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const { data, port, binaries, account } = options
  const logFile = logFileOf(data)
  const args = Object.entries({ ...SETTINGS, ...options.settings, port: String(port) }).flatMap(
    ([name, value]) => ['-c', `${name}=${value}`],
  )
  const log = openLog(logFile, account)
  const before = statSync(logFile).size
  const child = spawn(binaries.postgres, ['-D', data, ...args], {
    // Ctrl-C reaches the whole foreground group; Postgres must outlive the drain.
    detached: true,
    cwd: data,
    env: POSTGRES_ENV,
    stdio: ['ignore', log, log],
    ...(account && { uid: account.uid, gid: account.gid }),
  })
  closeSync(log)
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal ?? `exit ${code}`))
  })
  let end: string | null = null
  void ended.then((reason) => {
    end = reason
  })
  const giveUpAt = performance.now() + READY_WITHIN_MS
  while (end === null && performance.now() < giveUpAt) {
    const file = readPidFile(data)
    if (file && file.pid === child.pid && file.status === 'ready') {
      return { pid: file.pid, port, start: startOf(file.pid) ?? 'unknown', exited: ended }
    }
    await Promise.race([ended, delay(20)])
  }
  const said = readFileSync(logFile).subarray(before).toString('utf8')
  if (end === null) child.kill('SIGQUIT')
  throw startError(options, end ?? `not ready within ${READY_WITHIN_MS / 1000} s`, said)
}

/**
 * Fast shutdown: sessions are cut, the data is flushed. Past the bound, or when it is urged, the server is
 * cut as well, and its next start recovers from the log.
 */
export async function stopPostmaster(
  server: ProcessIdentity,
  { urged }: { urged?: AbortSignal | undefined } = {},
): Promise<void> {
  if (signal(server, 'SIGINT') && (await hasEnded(server, FAST_STOP_WITHIN_MS, urged))) return
  if (signal(server, 'SIGQUIT') && (await hasEnded(server, 5_000))) return
  signal(server, 'SIGKILL')
  await hasEnded(server, 5_000)
}

export async function hasEnded(
  server: ProcessIdentity,
  withinMs: number,
  giveUp?: AbortSignal,
): Promise<boolean> {
  const giveUpAt = performance.now() + withinMs
  while (isAlive(server)) {
    if (giveUp?.aborted || performance.now() > giveUpAt) return false
    await delay(20)
  }
  return true
}

export function isStopping(data: string): boolean {
  return readPidFile(data)?.status === 'stopping'
}

function signal(server: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (!isAlive(server)) return false
  try {
    process.kill(server.pid, name)
  } catch {
    // It ended between the two calls.
  }
  return true
}

function readPidFile(data: string): PidFile | null {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')
    const pid = Number(lines[0])
    if (!Number.isInteger(pid) || pid <= 0) return null
    return { pid, port: Number(lines[3]) || 0, status: lines[7]?.trim() ?? '' }
  } catch {
    return null
  }
}

function openLog(path: string, account: EngineAccount | null): number {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LOG_KEPT_BYTES) {
    renameSync(path, `${path}.1`)
  }
  const log = openSync(path, 'a', 0o600)
  handOver(path, account)
  return log
}

function startError(options: PostmasterOptions, end: string, said: string): EngineError {
  if (/could not bind|Address already in use/.test(said)) {
    return portTaken(options.port, 'Embedded Postgres', 'TERRACE_POSTGRES_PORT')
  }
  const lines = said.trim().split('\n')
  const reasons = lines.filter((line) => /FATAL|PANIC|HINT|DETAIL/.test(line))
  const advice = /No space left on device/.test(said)
    ? ' The disk is full: free some space, or set TERRACE_HOME to a folder on another disk.'
    : ''
  return new EngineError(
    `Embedded Postgres did not start on ${options.data} (${end}).${advice}\n` +
      `${(reasons.length > 0 ? reasons : lines.slice(-5)).join('\n')}\n` +
      `The whole log: ${logFileOf(options.data)}`,
  )
}
