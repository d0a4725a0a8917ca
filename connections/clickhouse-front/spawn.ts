// Starts the process that owns a chDB folder. libuv reads UV_THREADPOOL_SIZE once, before any
// JavaScript runs, so only the spawner can set it: each running query takes one of its threads.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

export interface ClickHouseFrontOptions {
  dataFolder: string
  /** 0 takes a free one. */
  port: number
  user: string
  password: string
  /** Whom the process becomes once it has loaded its code, when it is started by root. */
  account?: { uid: number; gid: number } | null
  /** Lines that the process prints. */
  log: (line: string) => void
  /** 127.0.0.1 unless given; loopback only. */
  host?: '127.0.0.1' | '::1' | 'localhost'
  maxExecutionSeconds?: number
  maxMemoryBytes?: number
}

export interface ClickHouseFront {
  /** With user and password in it. */
  url: string
  pid: number
  /** ClickHouse's version, such as 26.7.2.1. */
  version: string
  /** Resolves with the exit code when the process ends, for whatever reason. */
  exited: Promise<number | null>
  /**
   * Ends it after the queries in flight, within about five seconds, or at once when `urged` is aborted;
   * safe to call twice.
   */
  stop(urged?: AbortSignal): Promise<void>
}

const message = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), port: z.number(), version: z.string() }),
  z.object({ type: z.literal('failed'), code: z.string().nullable(), message: z.string() }),
])

/** Threads of the child's pool: 40 queries of the owner, 4 of the reader, 8 for files, gzip and kills. */
const poolThreads = 52
const startMilliseconds = 60_000
const stopMilliseconds = 6_000

/** @throws Error with `code` EADDRINUSE when the port is taken. */
export async function spawnClickHouseFront(
  options: ClickHouseFrontOptions,
): Promise<ClickHouseFront> {
  mkdirSync(options.dataFolder, { recursive: true, mode: 0o700 })
  const host = options.host ?? '127.0.0.1'
  const child = startProcess(options, host)
  forwardLines(child, options.log)
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => resolve(code))
    child.once('error', () => resolve(null))
  })
  const stop = async (urged?: AbortSignal) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const kill = () => child.kill('SIGKILL')
    child.kill('SIGTERM')
    const timer = setTimeout(kill, stopMilliseconds)
    if (urged?.aborted) kill()
    else urged?.addEventListener('abort', kill)
    await exited
    clearTimeout(timer)
    urged?.removeEventListener('abort', kill)
  }
  try {
    const { port, version } = await readiness(child, exited, options)
    const address = host === '::1' ? '[::1]' : host
    const url = new URL(`http://${address}:${port}`)
    url.username = encodeURIComponent(options.user)
    url.password = encodeURIComponent(options.password)
    return { url: url.href.replace(/\/$/, ''), pid: child.pid!, version, exited, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function startProcess(options: ClickHouseFrontOptions, host: string): ChildProcess {
  const isSource = import.meta.url.endsWith('.ts')
  const entry = fileURLToPath(
    new URL(isSource ? './server-process.ts' : './server-process.js', import.meta.url),
  )
  const loader = isSource ? ['--import', import.meta.resolve('tsx')] : []
  return spawn(process.execPath, [...loader, entry], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // In a process group of its own: Ctrl-C must not reach it before the tasks have drained.
    detached: true,
    // The account may not enter ours.
    cwd: '/',
    env: {
      ...process.env,
      UV_THREADPOOL_SIZE: String(poolThreads),
      CLICKHOUSE_FRONT_FOLDER: options.dataFolder,
      CLICKHOUSE_FRONT_HOST: host,
      CLICKHOUSE_FRONT_PORT: String(options.port),
      CLICKHOUSE_FRONT_USER: options.user,
      CLICKHOUSE_FRONT_PASSWORD: options.password,
      ...(options.account && {
        CLICKHOUSE_FRONT_UID: String(options.account.uid),
        CLICKHOUSE_FRONT_GID: String(options.account.gid),
      }),
      ...(options.maxExecutionSeconds !== undefined && {
        CLICKHOUSE_FRONT_MAX_EXECUTION_SECONDS: String(options.maxExecutionSeconds),
      }),
      ...(options.maxMemoryBytes !== undefined && {
        CLICKHOUSE_FRONT_MAX_MEMORY_BYTES: String(options.maxMemoryBytes),
      }),
    },
  })
}

async function readiness(
  child: ChildProcess,
  exited: Promise<number | null>,
  options: ClickHouseFrontOptions,
): Promise<{ port: number; version: string }> {
  return await new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new Error(
          `Embedded ClickHouse in ${options.dataFolder} was not ready within ` +
            `${startMilliseconds / 1000} s: see its log, or set CLICKHOUSE_URL to a server.`,
        ),
      )
    }, startMilliseconds)
    child.once('error', reject)
    child.on('message', (raw) => {
      const parsed = message.safeParse(raw)
      if (!parsed.success) return
      clearTimeout(timer)
      if (parsed.data.type === 'ready') resolve(parsed.data)
      else {
        const text = `Embedded ClickHouse ${parsed.data.message}.`
        reject(Object.assign(new Error(text), { code: parsed.data.code }))
      }
    })
    void exited.then((code) => {
      clearTimeout(timer)
      reject(
        new Error(
          `Embedded ClickHouse in ${options.dataFolder} ended with code ${code} before it was ` +
            'ready: its log says why (another process may own the folder).',
        ),
      )
    })
  })
}

function forwardLines(child: ChildProcess, log: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    let rest = ''
    stream?.setEncoding('utf8')
    stream?.on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) log(line)
    })
    stream?.on('end', () => rest !== '' && log(rest))
  }
}
