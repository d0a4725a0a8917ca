// A real terminal with a command in it (terminal.py): what one Ctrl-C does is decided by the terminal, the
// shell and npm together, and no signal that a test sends itself shows it.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { until } from './until.ts'

const PROGRAM = fileURLToPath(new URL('terminal.py', import.meta.url))
const PATIENCE = { withinMs: 90_000 }

export type Key = 'interrupt' | 'suspend' | 'resume' | 'hangup'

export interface Terminal {
  /** Of the command, which leads the foreground group. */
  readonly pid: number
  press(key: Key): void
  /** All that it has shown. */
  screen(): string
  /** Resolves when it shows the text. */
  shows(text: string): Promise<void>
  /** Resolves when the shell sees its job stopped. */
  suspended(): Promise<void>
  /** Resolves with what the shell learns of its job: `exit 0`, `signal 2`. */
  ended(): Promise<string>
  /** Ends the shell. */
  close(): Promise<void>
}

export async function openTerminal(
  command: string[],
  options: { env: Readonly<Record<string, string>>; cwd?: string },
): Promise<Terminal> {
  const shell = spawn('python3', [PROGRAM, ...command], {
    ...options,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const closed = new Promise<void>((resolve) => shell.once('close', () => resolve()))
  let screen = ''
  let reports = ''
  shell.stdout.on('data', (chunk) => {
    screen += chunk
  })
  shell.stderr.on('data', (chunk) => {
    reports += chunk
  })
  shell.stdin.on('error', () => {})
  const report = (pattern: RegExp) =>
    until(
      `the terminal of "${command.join(' ')}" reports ${pattern}; it says ${reports}, and shows ${screen}`,
      async () => pattern.exec(reports)?.[0],
      PATIENCE,
    )
  const pid = Number((await report(/job \d+/)).slice(4))
  return {
    pid,
    press: (key) => void shell.stdin.write(`${key}\n`),
    screen: () => screen,
    async shows(text) {
      await until(
        `the terminal shows "${text}"; it shows:\n${screen}`,
        async () => screen.includes(text),
        PATIENCE,
      )
    },
    suspended: async () => void (await report(/^suspended$/m)),
    ended: () => report(/^(exit|signal) \d+$/m),
    async close() {
      shell.stdin.end()
      await closed
    },
  }
}
