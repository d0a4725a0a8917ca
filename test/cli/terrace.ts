// Runs the command line against a database of the test's: as the real command in a process of its own,
// and, a hundred times sooner, as `runCli` in this one.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import { runCli } from '../../orchestrator/cli/main.ts'

export const BIN = fileURLToPath(new URL('../../orchestrator/cli/terrace.mjs', import.meta.url))

export interface Ran {
  code: number
  stdout: string
  stderr: string
}

export interface TerraceOptions {
  cwd?: string
  env?: Record<string, string>
}

export type Terrace = (...args: string[]) => Promise<Ran>

/** Nothing of the tester's own environment but what finds Node. */
const environment = (env?: Record<string, string>) => ({ PATH: process.env.PATH ?? '', ...env })

export function terraceIn(options: TerraceOptions & { bin?: string; input?: string }): Terrace {
  return (...args) =>
    new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [options.bin ?? BIN, ...args],
        { cwd: options.cwd, env: environment(options.env), timeout: 60_000 },
        (error, stdout, stderr) => {
          const code = typeof error?.code === 'number' ? error.code : error ? -1 : 0
          resolve({ code, stdout, stderr })
        },
      )
      child.stdin?.end(options.input)
    })
}

/** For output and exit codes; one call at a time, since it takes the output of the whole process. */
export function terraceHere(options: TerraceOptions): Terrace {
  return async (...args) => {
    const printed = { stdout: '', stderr: '' }
    const folder = process.cwd()
    const environmentBefore = process.env
    const spies = (['stdout', 'stderr'] as const).map((name) =>
      vi.spyOn(process[name], 'write').mockImplementation((chunk) => {
        printed[name] += chunk
        return true
      }),
    )
    process.env = environment(options.env)
    if (options.cwd) process.chdir(options.cwd)
    try {
      return { code: await runCli(args), ...printed }
    } finally {
      for (const spy of spies) spy.mockRestore()
      process.env = environmentBefore
      process.chdir(folder)
      process.exitCode = undefined
    }
  }
}
