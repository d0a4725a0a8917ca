// Roles of an installation as real processes: `terrace <role>` with a TERRACE_HOME of their own. What
// they start can be found again by that folder, which stands in the environment or the command line
// of every process below them: so a test can prove that nothing is left behind.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../connections/engines/ports.ts'
import { temporaryFolder } from './servers.ts'
import { until } from './until.ts'

const BIN = fileURLToPath(new URL('../../orchestrator/cli/terrace.mjs', import.meta.url))
/** A busy machine starts five roles at once. */
const READY_WITHIN_MS = 90_000

export type RoleName = 'engines' | 'scheduler' | 'worker' | 'web' | 'standalone'

export interface RoleEnd {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface RoleUnderTest {
  readonly pid: number
  /** Everything it has printed, both streams. */
  output(): string
  /** Resolves when it has ended, however. */
  readonly ended: Promise<RoleEnd>
  signal(signal: NodeJS.Signals): void
  /** SIGTERM, and its end. */
  stop(): Promise<RoleEnd>
}

export interface Ran {
  code: number | null
  stdout: string
  stderr: string
}

export interface Installation {
  readonly home: string
  readonly env: Readonly<Record<string, string>>
  /** Resolves when the role says that it is ready. @throws with its output when it ends instead */
  start(role: RoleName, options?: StartRole): Promise<RoleUnderTest>
  /** One command of the CLI. */
  run(...args: string[]): Promise<Ran>
  /** Processes that belong to this installation and live, as `pid command`. */
  alive(): string[]
  /** Kills what is left and removes the home. */
  close(): Promise<void>
}

export interface StartRole {
  args?: string[]
  env?: Record<string, string>
}

export async function installation(env: Record<string, string> = {}): Promise<Installation> {
  const home = temporaryFolder('home')
  const all: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    TERRACE_HOME: home,
    TERRACE_POSTGRES_PORT: '0',
    TERRACE_CLICKHOUSE_PORT: '0',
    TERRACE_WEB_PORT: String(await freePort()),
    SHOP_HISTORY_DAYS: '0.01',
    ...env,
  }
  const children = new Set<ChildProcess>()

  function launch(args: string[], extra: Record<string, string> = {}) {
    const child = spawn(process.execPath, [BIN, ...args], {
      env: { ...all, ...extra },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    children.add(child)
    const printed = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.on('data', (chunk) => {
        printed[name] += chunk
      })
    }
    // `close` and not `exit`: all of its output has been read by then.
    const ended = new Promise<RoleEnd>((resolve) => {
      child.once('exit', (code, signal) => {
        children.delete(child)
        const done = () => resolve({ code, signal })
        child.once('close', done)
        // What a killed role leaves behind may hold its pipes for some seconds.
        setTimeout(done, 500).unref()
      })
    })
    return { child, printed, ended }
  }

  return {
    home,
    env: all,

    async start(role, options = {}) {
      const { child, printed, ended } = launch([role, ...(options.args ?? [])], options.env)
      const output = () => printed.stdout + printed.stderr
      let timer: NodeJS.Timeout | undefined
      const outcome = await Promise.race([
        new Promise<'ready'>((resolve) => child.once('message', () => resolve('ready'))),
        ended.then(({ code, signal }) => `it ended (${signal ?? `exit code ${code}`})`),
        new Promise<string>((resolve) => {
          timer = setTimeout(() => resolve('it kept silent'), READY_WITHIN_MS)
        }),
      ])
      clearTimeout(timer)
      if (outcome !== 'ready') {
        child.kill('SIGKILL')
        throw new Error(`The role ${role} was not ready: ${outcome}.\n${output()}`)
      }
      return {
        pid: child.pid!,
        output,
        ended,
        signal: (signal) => void child.kill(signal),
        stop() {
          child.kill('SIGTERM')
          return ended
        },
      }
    },

    async run(...args) {
      const { printed, ended } = launch(args)
      const { code } = await ended
      return { code, ...printed }
    },

    alive: () => processesOf(home),

    async close() {
      for (const child of children) child.kill('SIGKILL')
      // Children of a killed role, and engines without an owner, end by themselves.
      const left = await until('nothing of the installation is left', async () => {
        return processesOf(home).length === 0 || null
      }).catch(() => null)
      if (left === null) {
        for (const line of processesOf(home)) process.kill(Number.parseInt(line, 10), 'SIGKILL')
      }
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/** Live processes with the folder in their environment or command line, as `pid command`. */
function processesOf(folder: string): string[] {
  if (process.platform !== 'linux') {
    const lines = execFileSync('ps', ['-Ao', 'pid=,command='], { encoding: 'utf8' }).split('\n')
    return lines.filter((line) => line.includes(folder) && !line.startsWith(`${process.pid} `))
  }
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return []
    const command = textOf(`/proc/${name}/cmdline`)
    // A zombie has neither.
    const belongs = command.includes(folder) || textOf(`/proc/${name}/environ`).includes(folder)
    return belongs && command !== '' ? [`${name} ${command.replaceAll('\0', ' ').trim()}`] : []
  })
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
