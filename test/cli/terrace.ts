// Runs the real command in a process of its own, against a database of the test's.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../../orchestrator/cli/terrace.mjs', import.meta.url))

export interface Ran {
  code: number
  stdout: string
  stderr: string
}

export function terraceIn(options: { cwd?: string; env?: Record<string, string>; bin?: string }) {
  return (...args: string[]): Promise<Ran> =>
    new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [options.bin ?? BIN, ...args],
        {
          cwd: options.cwd,
          // Nothing of the tester's own environment but what finds Node.
          env: { PATH: process.env.PATH ?? '', ...options.env },
          timeout: 60_000,
        },
        (error, stdout, stderr) => {
          const code = typeof error?.code === 'number' ? error.code : error ? -1 : 0
          resolve({ code, stdout, stderr })
        },
      )
      child.stdin?.end()
    })
}
