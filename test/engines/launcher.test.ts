// What a command that runs for long does when something of what started it ends: the shell of a person,
// npm, or the shell that npm puts between them.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isAlive, type ProcessIdentity, startOf } from '../../connections/engines/live-process.ts'
import { temporaryFolder } from '../support/servers.ts'
import { until } from '../support/until.ts'

const TSX = import.meta.resolve('tsx')
const COMMAND = fileURLToPath(new URL('command-with-launcher.ts', import.meta.url))
const PATIENCE = { withinMs: 60_000 }

/** As `npm start` has it, and as a script that npm's shell does not give its place to. */
const SCRIPTS = ['exec node $COMMAND', 'node $COMMAND; true']

describe.skipIf(process.platform !== 'linux')('Under npm', { timeout: 120_000 }, () => {
  let folder: string
  let words: string
  let shell: ChildProcess
  let npm: ProcessIdentity
  let command: ProcessIdentity

  beforeEach(() => {
    folder = temporaryFolder('launcher')
    words = join(folder, 'words')
  })
  afterEach(async () => {
    shell.kill('SIGKILL')
    for (const one of [command, npm]) if (one && isAlive(one)) process.kill(one.pid, 'SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  const said = () => (existsSync(words) ? readFileSync(words, 'utf8').split('\n') : [])
  const seconds = () => said().filter((word) => word === 'second').length
  const asked = () => said().includes('asked')
  const identity = (pid: number): ProcessIdentity => ({ pid, start: startOf(pid)! })

  /** In the background of a shell, which ends when its input does. */
  async function start(script: string): Promise<void> {
    const start = script.replace('$COMMAND', `--import ${TSX} ${COMMAND} ${words}`)
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ private: true, scripts: { start } }),
    )
    shell = spawn('sh', ['-c', 'npm start >/dev/null 2>&1 & echo $!; read -r end'], {
      cwd: folder,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const [pid] = await once(shell.stdout!, 'data')
    npm = identity(Number(pid))
    await until('the command runs', async () => seconds() > 0, PATIENCE)
    command = identity(Number(said()[0]!.replace('pid:', '')))
  }

  async function endShell(): Promise<void> {
    const ended = once(shell, 'exit')
    shell.stdin!.end()
    await ended
  }

  test.each(SCRIPTS)(
    'it outlives the shell that npm was started in, not npm: %s',
    async (script) => {
      await start(script)
      await endShell()
      const before = seconds()
      // Each is a look at the launcher.
      await until('seconds went by', async () => asked() || seconds() >= before + 3, PATIENCE)
      expect(asked()).toBe(false)
      expect(isAlive(npm)).toBe(true)

      process.kill(npm.pid, 'SIGKILL')
      await until('it is asked to stop', async () => asked(), PATIENCE)
      await until('it has ended', async () => !isAlive(command), PATIENCE)
    },
  )

  test.each(SCRIPTS)('SIGTERM to npm asks it to stop: %s', async (script) => {
    await start(script)
    process.kill(npm.pid, 'SIGTERM')
    await until('it is asked to stop', async () => asked(), PATIENCE)
    await until('both have ended', async () => !isAlive(command) && !isAlive(npm), PATIENCE)
  })
})
