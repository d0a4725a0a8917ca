// A server for development or a test that ends with the process that started it, even after
// kill -9: a shell beside it waits on a pipe that only the owner holds open. In its own process
// group, so that Ctrl-C reaches the owner first and the owner decides the order.

import { spawn } from 'node:child_process'
import { EngineError } from '../connections/engines/engine-error.ts'

const SCRIPT = `
exec 3<&0
signal=$1; shift
"$@" 3<&- &
server=$!
(read -r _ <&3; kill -"$signal" "$server") 2>/dev/null &
waiter=$!
wait "$server"; code=$?
kill "$waiter" 2>/dev/null
exit "$code"
`
const OUTPUT_KEPT = 64 * 1024

export interface OwnedServerOptions {
  /** As messages call it, such as `Redis`. */
  name: string
  command: string
  args: string[]
  /** Found in the output when the server takes connections. */
  ready: RegExp
  readyWithinMs?: number
  /** What ends it in order. */
  signal?: 'TERM' | 'INT'
  env?: NodeJS.ProcessEnv
  cwd?: string
  account?: { uid: number; gid: number } | null
  /** Every line of output also goes here. */
  onOutput?: (text: string) => void
}

export interface OwnedServer {
  stop(): Promise<void>
  /** Resolves with how it ended, whoever ended it. */
  ended: Promise<string>
}

export async function startOwnedServer(options: OwnedServerOptions): Promise<OwnedServer> {
  const { name, command, args, signal = 'TERM', readyWithinMs = 60_000 } = options
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'owned-server', signal, command, ...args], {
    detached: true,
    env: { PATH: process.env.PATH, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.cwd && { cwd: options.cwd }),
    ...(options.account && { uid: options.account.uid, gid: options.account.gid }),
  })
  shell.stdin.on('error', () => {})
  const ended = new Promise<string>((resolve) => {
    shell.once('error', (error) => resolve(error.message))
    shell.once('close', (code, by) => resolve(by ?? `exit ${code}`))
  })
  let output = ''
  const ready = new Promise<'ready'>((resolve) => {
    const take = (chunk: Buffer) => {
      options.onOutput?.(chunk.toString())
      output = (output + chunk.toString()).slice(-OUTPUT_KEPT)
      if (options.ready.test(output)) resolve('ready')
    }
    shell.stdout.on('data', take)
    shell.stderr.on('data', take)
  })
  const stop = async () => {
    shell.stdin.end()
    const timer = setTimeout(() => {
      if (shell.pid) process.kill(-shell.pid, 'SIGKILL')
    }, 15_000)
    await ended
    clearTimeout(timer)
  }
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`not ready within ${readyWithinMs / 1000} s`), readyWithinMs)
  })
  const result = await Promise.race([ready, ended, late])
  clearTimeout(timer)
  if (result !== 'ready') {
    await stop()
    throw new EngineError(`${name} did not start (${result}):\n${output.slice(-2_000)}`)
  }
  return { stop, ended }
}
