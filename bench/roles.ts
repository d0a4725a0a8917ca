// The real roles, each a process of its own that the command line starts, as a user would.

import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const TERRACE = fileURLToPath(new URL('../orchestrator/cli/terrace.mjs', import.meta.url))
const READY_WITHIN_MS = 60_000

export interface Role {
  pid: number
  /** In order, with its drain. */
  stop(): Promise<void>
  kill(): Promise<void>
  /** What it printed, for a message. */
  output(): string
}

/** Resolves when the role says that it is ready. */
export async function startRole(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Role> {
  const flags = (process.env.TERRACE_BENCH_NODE_FLAGS ?? '').split(' ').filter(Boolean)
  const own = args[0] === process.env.TERRACE_BENCH_PROFILE ? flags : []
  const child = spawn(process.execPath, [...own, TERRACE, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-20_000)
    })
  }
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string) => {
      child.kill('SIGKILL')
      reject(new Error(`terrace ${args[0]} ${why}:\n${output}`))
    }
    const timer = setTimeout(() => fail('was not ready in time'), READY_WITHIN_MS)
    child.once('message', () => {
      clearTimeout(timer)
      resolve()
    })
    child.once('exit', (code) => {
      clearTimeout(timer)
      fail(`ended with exit code ${code}`)
    })
  })
  return {
    pid: child.pid!,
    stop: () => end(child, 'SIGTERM', exited),
    kill: () => end(child, 'SIGKILL', exited),
    output: () => output,
  }
}

async function end(
  child: ChildProcess,
  signal: 'SIGTERM' | 'SIGKILL',
  exited: Promise<void>,
): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), 40_000)
  await exited
  clearTimeout(timer)
}
