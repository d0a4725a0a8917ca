// A role as a child process: in a process group of its own (so that Ctrl-C reaches only us, and we
// drain in order), its output line by line behind its name, started again when it dies.

import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { ProcessEnd } from './end-leases.ts'
import { endGroup, killGroup } from './process-group.ts'
import { HELD } from './role.ts'

const READY_WITHIN_MS = 60_000
const STOP_WITHIN_MS = 45_000
const FIRST_RESTART_MS = 500
const LONGEST_RESTART_MS = 15_000

/** What a role tells its parent (role.ts). */
type RoleMessage = { type: 'ready'; url?: string } | { type: 'lease'; processId: string }

export class RoleProcess {
  readonly #name: string
  readonly #args: string[]
  readonly #print: (line: string) => void
  readonly #onLost: (leases: string[], end: ProcessEnd) => Promise<void>
  #child: ChildProcess | undefined
  #exited: Promise<void> = Promise.resolve()
  /** Nothing is left of the process that ran last, nor of what it started. */
  #cleared: Promise<void> = Promise.resolve()
  #stopping = false
  #isUrged = false
  #restartMs = FIRST_RESTART_MS
  #timer: NodeJS.Timeout | undefined
  /** Where the role listens, if it does. */
  url: string | undefined

  constructor(
    name: string,
    args: string[],
    print: (line: string) => void,
    /** Told the leases of a process that ended otherwise than in order. */
    onLost: (leases: string[], end: ProcessEnd) => Promise<void>,
  ) {
    this.#name = name
    this.#args = args
    this.#print = print
    this.#onLost = onLost
  }

  /** Starts the process ahead of the engines; it loads its code and waits for `start`. */
  prepare(): void {
    this.#spawn()
  }

  /** Resolves when the role says that it is ready. @throws when it ends or keeps silent instead */
  async start(): Promise<void> {
    const child = this.#child && isAlive(this.#child) ? this.#child : this.#spawn()
    child.send({ type: 'start' }, () => {})
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () =>
          reject(new Error(`The ${this.#name} was not ready within ${READY_WITHIN_MS / 1000} s.`)),
        READY_WITHIN_MS,
      )
      child.on('message', (message: RoleMessage) => {
        if (message.type !== 'ready') return
        clearTimeout(timer)
        this.url = message.url
        resolve()
      })
      child.once('exit', (code, signal) =>
        reject(
          new Error(`The ${this.#name} ended at its start (${signal ?? `exit code ${code}`}).`),
        ),
      )
      child.once('error', reject)
      child.once('exit', () => clearTimeout(timer))
    })
    child.on('exit', (code, signal) => this.#restart(signal ?? `exit code ${code}`))
  }

  /** SIGTERM, and SIGKILL when the drain takes too long or is urged. What it left behind ends too. */
  async stop(urged?: AbortSignal): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#timer)
    const child = this.#child
    if (child && isAlive(child)) {
      const kill = () => child.pid && killGroup(child.pid)
      child.kill('SIGTERM')
      const killNow = () => {
        this.#isUrged = true
        kill()
      }
      const timer = setTimeout(kill, STOP_WITHIN_MS)
      if (urged?.aborted) killNow()
      else urged?.addEventListener('abort', killNow)
      await this.#exited
      clearTimeout(timer)
      urged?.removeEventListener('abort', killNow)
    }
    await this.#cleared
  }

  #spawn(): ChildProcess {
    const script = process.argv[1]!
    const child = spawn(
      process.execPath,
      [...process.execArgv, script, this.#name, ...this.#args],
      {
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        detached: true,
        env: { ...process.env, [HELD]: '1' },
      },
    )
    this.#child = child
    this.#exited = new Promise((resolve) => {
      child.once('exit', () => resolve())
      child.once('error', () => resolve())
    })
    const leases: string[] = []
    child.on('message', (message: RoleMessage) => {
      if (message.type === 'lease') leases.push(message.processId)
    })
    this.#cleared = this.#exited.then(async () => {
      if (child.pid) await endGroup(child.pid)
      const { exitCode, signalCode } = child
      if (exitCode === 0 || leases.length === 0) return
      const how = `its process ended (${signalCode ?? `exit code ${exitCode}`})`
      await this.#onLost(leases, { how, isUrged: this.#isUrged })
    })
    for (const stream of [child.stdout, child.stderr])
      if (stream)
        createInterface(stream).on('line', (line) => this.#print(`[${this.#name}] ${line}`))
    return child
  }

  #restart(how: string): void {
    if (this.#stopping) return
    this.#print(`The ${this.#name} ended (${how}); it is started again in ${this.#restartMs} ms.`)
    this.#timer = setTimeout(() => {
      void this.#cleared.then(() => this.#startAgain())
    }, this.#restartMs)
    this.#restartMs = Math.min(this.#restartMs * 2, LONGEST_RESTART_MS)
  }

  #startAgain(): void {
    if (this.#stopping) return
    this.start().then(
      () => {
        this.#restartMs = FIRST_RESTART_MS
      },
      (error: Error) => {
        this.#print(error.message)
        this.#restart('no start')
      },
    )
  }
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}
