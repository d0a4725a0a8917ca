// What Ctrl-C, a closed window and SIGTERM do to the commands that a person starts at a terminal.

import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { lane } from '../support/lanes.ts'
import { type Installation, installation } from '../support/processes.ts'
import { type ProjectFolder, projectFolder } from '../support/project-folder.ts'
import { openTerminal, type Terminal } from '../support/terminal.ts'
import { until } from '../support/until.ts'

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url))
const SDK = fileURLToPath(new URL('../../orchestrator/sdk/index.ts', import.meta.url))
const LIMIT = 180_000
const READY = 'Ctrl-C stops everything'

/** Leaves a process behind, and runs until it may end. */
const HELD = (began: string, mayEnd: string, done: string) => `
import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { defineDag } from ${JSON.stringify(SDK)}
export default defineDag({ id: 'held', schedule: null }, (dag) => {
  dag.task('work', async () => {
    spawn('sleep', ['600'], { stdio: 'ignore' }).unref()
    writeFileSync(${JSON.stringify(began)}, '')
    while (!existsSync(${JSON.stringify(mayEnd)})) await delay(20)
    writeFileSync(${JSON.stringify(done)}, '')
  })
})
`

describe.skipIf(lane('terminal').missing)('At a terminal', { timeout: LIMIT }, () => {
  let place: Installation
  let project: ProjectFolder
  let terminal: Terminal | undefined
  let began: string
  let mayEnd: string
  let done: string

  beforeAll(async () => {
    project = projectFolder()
    began = join(project.path, 'began')
    mayEnd = join(project.path, 'may-end')
    done = join(project.path, 'done')
    project.write('dags/held.ts', HELD(began, mayEnd, done))
    place = await installation({ TERRACE_DAGS_FOLDER: join(project.path, 'dags') })
  })
  afterEach(async () => {
    await terminal?.close()
    terminal = undefined
    for (const file of [began, mayEnd, done]) rmSync(file, { force: true })
  })
  afterAll(async () => {
    await place.close()
    project.remove()
  })

  async function open(...command: string[]): Promise<Terminal> {
    terminal = await openTerminal(command, { env: place.env, cwd: CHECKOUT })
    return terminal
  }

  /** With a task that runs. */
  async function openBusy(...command: string[]): Promise<Terminal> {
    const opened = await open(...command)
    await opened.shows(READY)
    const triggered = await until('the DAG is known', async () => {
      const { code } = await place.run('dags', 'trigger', 'held')
      return code === 0
    })
    expect(triggered).toBe(true)
    await until('the task runs', async () => existsSync(began))
    return opened
  }

  /** Processes of the installation, without the terminal itself. */
  const left = () => place.alive().filter((line) => !line.includes('terminal.py'))

  test('One Ctrl-C on npm start lets tasks finish and leaves no process', async () => {
    const { press, shows, ended } = await openBusy('npm', 'start')
    press('interrupt')
    await shows('Stopping: tasks that run have 30 s to finish')
    writeFileSync(mayEnd, '')
    expect(await ended()).toBe('exit 0')
    await shows('Stopped.')
    expect(existsSync(done)).toBe(true)
    expect(left()).toEqual([])
  })

  test('So it does on npx terrace standalone', async () => {
    const { press, shows } = await openBusy('npx', 'terrace', 'standalone')
    press('interrupt')
    await shows('Stopping: tasks that run have 30 s to finish')
    writeFileSync(mayEnd, '')
    await shows('Stopped.')
    await terminal?.ended()
    expect(existsSync(done)).toBe(true)
    expect(left()).toEqual([])
  })

  test.each(['npm start', 'npx terrace standalone'])(
    'SIGTERM to npm stops everything in order: %s',
    async (command) => {
      const { pid, shows } = await openBusy(...command.split(' '))
      process.kill(pid, 'SIGTERM')
      await shows('Stopping: tasks that run have 30 s to finish')
      writeFileSync(mayEnd, '')
      await shows('Stopped.')
      expect(existsSync(done)).toBe(true)
      await until('npm is gone too', async () => left().length === 0)
    },
  )

  test('A closed window stops everything in order', async () => {
    const { press } = await openBusy('npm', 'start')
    press('hangup')
    writeFileSync(mayEnd, '')
    await until('nothing is left', async () => left().length === 0)
    expect(existsSync(done)).toBe(true)
  })

  test('After Ctrl-Z and fg a second Ctrl-C, a moment after the first, ends at once', async () => {
    const { press, shows, suspended, ended, screen } = await openBusy('npm', 'start')
    press('suspend')
    await suspended()
    press('resume')
    press('interrupt')
    await shows('Stopping: tasks that run have 30 s to finish')
    await until('a second one counts', async () => {
      press('interrupt')
      return screen().includes('Ending at once')
    })
    expect(await ended()).toBe('signal 2')
    expect(screen()).toContain('Stopped.')
    expect(existsSync(done)).toBe(false)
    expect(left()).toEqual([])

    writeFileSync(mayEnd, '')
    const again = await place.start('standalone')
    await until('the task runs again', async () => existsSync(done), { withinMs: 60_000 })
    // Who wished it need not be told of it.
    const alerts = await place.run('alerts', 'list', '--kind', 'worker_lost', '-o', 'json')
    expect(JSON.parse(alerts.stdout)).toEqual([])
    expect(again.output()).not.toContain('was lost')
    await again.stop()
  })

  test('Ctrl-C during the start stops what has been started', async () => {
    const { press, shows, ended } = await open('npm', 'start')
    await until('engines run', async () => left().some((line) => line.includes('/bin/postgres')))
    press('interrupt')
    expect(await ended()).toBe('signal 2')
    await shows('Stopped.')
    expect(left()).toEqual([])
  })

  test('Ctrl-C on a command with engines of its own ends both', async () => {
    const { press, ended } = await open('npx', 'terrace', 'dags', 'test', 'held')
    await until('the task runs', async () => existsSync(began))
    press('interrupt')
    expect(await ended()).toBe('signal 2')
    // What a task starts in the command's own group is the terminal's to end.
    expect(left()).toEqual([])
  })
})
