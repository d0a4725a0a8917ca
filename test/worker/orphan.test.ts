// What a task's process has started ends with it: when its worker is killed while the task never yields,
// and when the process ends by itself.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { isAlive, type ProcessIdentity, startOf } from '../../connections/engines/live-process.ts'
import { until } from '../support/until.ts'
import { workerUnderTest } from './worker-under-test.ts'

const SDK = new URL('../../orchestrator/sdk/index.ts', import.meta.url).href

/** Starts a process of its own, tells both pids, and never yields again. */
const ENDLESS = (pids: string) => `
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { defineDag } from ${JSON.stringify(SDK)}
export default defineDag({ id: 'endless', schedule: null }, (dag) => {
  dag.task('loop', () => {
    const { pid } = spawn('sleep', ['600'], { stdio: 'ignore' })
    writeFileSync(${JSON.stringify(pids)}, process.pid + ' ' + pid + ' .')
    for (;;) {}
  }, {}, { isolation: 'process' })
})
`

/** Starts a process of its own, tells its pid, and ends before its attempt has. */
const ENDING = (id: string, pids: string, end: string) => `
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { defineDag } from ${JSON.stringify(SDK)}
export default defineDag({ id: '${id}', schedule: null }, (dag) => {
  dag.task('ends', () => {
    const { pid } = spawn('sleep', ['600'], { stdio: 'ignore' })
    writeFileSync(${JSON.stringify(pids)}, String(pid))
    ${end}
  }, {}, { isolation: 'process', retries: 0 })
})
`

test.each([
  ['exits', 'process.exit(3)', 'exit code 3'],
  ['is_killed', "process.kill(process.pid, 'SIGKILL'); for (;;) {}", 'ended by SIGKILL'],
])('A task process that %s takes along what it has started', async (id, end, error) => {
  const folder = mkdtempSync(join(tmpdir(), 'terrace-orphan-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const under = await workerUnderTest()
  onTestFinished(() => under.close())
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, `${id}.ts`), ENDING(id, join(folder, 'pid'), end))
  await under.register(folder, `${id}.ts`)
  await under.start({ dagsFolder: folder })
  const run = await under.trigger(id)
  expect(await under.runEnd(run)).toBe('failed')
  expect((await under.tasks(run)).ends?.error).toContain(error)
  const pid = Number(textOf(join(folder, 'pid')))
  const started: ProcessIdentity = { pid, start: startOf(pid) ?? 'gone' }
  onTestFinished(() => {
    if (isAlive(started)) process.kill(pid, 'SIGKILL')
  })
  await until('it is gone', async () => !isAlive(started))
})

test('It ends with what it has started', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'terrace-orphan-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const under = await workerUnderTest()
  onTestFinished(() => under.close())
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, 'endless.ts'), ENDLESS(join(folder, 'pids')))
  await under.register(folder, 'endless.ts')
  const worker = fork(
    new URL('./worker-process.ts', import.meta.url).pathname,
    [under.databaseUrl, folder],
    { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] },
  )
  onTestFinished(() => void worker.kill('SIGKILL'))
  await once(worker, 'message')
  await under.trigger('endless')
  const started = await until('the task loops', async (): Promise<ProcessIdentity[] | null> => {
    const text = textOf(join(folder, 'pids'))
    if (!text.endsWith('.')) return null
    const pids = text.split(' ').slice(0, 2).map(Number)
    return pids.map((pid) => ({ pid, start: startOf(pid) ?? 'gone' }))
  })
  onTestFinished(() => {
    for (const one of started) if (isAlive(one)) process.kill(one.pid, 'SIGKILL')
  })
  expect(started.filter(isAlive)).toHaveLength(2)
  worker.kill('SIGKILL')
  await until('both are gone', async () => !started.some(isAlive))
})

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
