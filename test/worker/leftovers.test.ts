// What an ended attempt left behind touches no other attempt. The worker has one slot, so that the
// attempts follow one another in one thread as long as it is fit for them.

import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { DAGS_FOLDER, type WorkerUnderTest, workerUnderTest } from './worker-under-test.ts'

describe('what an ended attempt left behind', () => {
  let under: WorkerUnderTest
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'leftovers-'))
    under = await workerUnderTest()
    await under.register(DAGS_FOLDER, 'leftovers.ts')
    // What was left behind acts when it is told to, however long the next thread takes to start.
    await under.start({ concurrency: 1, limits: { leftBehindMs: 120_000 } })
  })
  afterAll(async () => {
    await under?.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function output(dagId: string, taskId: string): Promise<unknown> {
    const run = await under.trigger(dagId)
    expect(await under.runEnd(run)).toBe('success')
    return under.output(run, taskId)
  }

  it.each([
    ['throws', 'no', /left behind was thrown: Error: a late error/],
    ['throws', 'yes', /left behind was thrown: Error: a late error/],
    ['rejects', 'no', /left behind was thrown: Error: a late rejection/],
    ['rejects', 'yes', /left behind was thrown: Error: a late rejection/],
    ['exits', 'no', /left behind was thrown: Error: process.exit\(3\) was called/],
    ['exits', 'yes', /left behind was thrown: Error: process.exit\(3\) was called/],
    ['loops', 'no', null],
  ])('costs no other attempt its try when it %s later (hidden: %s)', async (act, hidden, said) => {
    const conf = { folder: await mkdtemp(join(folder, act)), act, hidden }
    under.said.length = 0
    const left = await under.trigger('leaves', conf)
    expect(await under.runEnd(left)).toBe('success')
    const met = await under.trigger('meets', conf)
    expect(await under.runEnd(met)).toBe('success')
    const { meets } = await under.tasks(met)
    expect(meets).toMatchObject({ state: 'success', tryNumber: 1 })
    expect((await under.log(meets!.id)).map(({ message }) => message)).toEqual(['met'])
    const { leaves } = await under.tasks(left)
    expect(await under.log(leaves!.id)).toEqual([])
    if (!said) return
    await under.until('its owner to be named', async () =>
      under.said.some((line) => said.test(line) && /leaves\.leaves \(run manual/.test(line)),
    )
  })

  it('is not seen: environment, listeners, streams and exit code are put back', async () => {
    const before = await output('looks', 'looks')
    await output('changes', 'changes')
    const run = await under.trigger('looks')
    expect(await under.runEnd(run)).toBe('success')
    expect(await under.output(run, 'looks')).toEqual(before)
    const { looks } = await under.tasks(run)
    expect((await under.log(looks!.id)).map(({ message }) => message)).toEqual(['a line'])
  })

  it('is not seen: a thread whose globals have changed takes no other attempt', async () => {
    await output('changes_globals', 'changes')
    const run = await under.trigger('looks')
    expect(await under.runEnd(run)).toBe('success')
    expect(await under.output(run, 'looks')).toMatchObject({ hasGlobal: false })
    const { looks } = await under.tasks(run)
    expect((await under.log(looks!.id)).map(({ message }) => message)).toEqual(['a line'])
    expect(under.said.join('\n')).toMatch(
      /changes_globals.* has ended. It changed globals: leftBehind, console.log/,
    )
  })

  it('does not keep a handler from catching its own errors', async () => {
    expect(await output('own_listener', 'catches')).toBe('caught by its own')
  })

  it('may be a pool whose idle connections keep nothing busy: its thread is used again', async () => {
    const seen: unknown[] = []
    for (let n = 0; n < 2; n += 1) {
      const run = await under.trigger('keeps_pool', { url: under.databaseUrl })
      expect(await under.runEnd(run)).toBe('success')
      seen.push(await under.output(run, 'asks'))
    }
    expect(seen[1]).toEqual(seen[0])
    expect(seen[0]).toMatchObject({ total: 1 })
  })
})

it('is ended at once, the oldest first, when there would be two threads for each place', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'leftovers-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const under = await workerUnderTest()
  onTestFinished(() => under.close())
  await under.register(DAGS_FOLDER, 'leftovers.ts')
  await under.start({ concurrency: 1, limits: { leftBehindMs: 120_000 } })
  const folders: string[] = []
  for (const name of ['first', 'second', 'third', 'last']) {
    const own = await mkdtemp(join(folder, name))
    folders.push(own)
    const run = await under.trigger('leaves', { folder: own, act: 'throws', hidden: 'no' })
    expect(await under.runEnd(run)).toBe('success')
  }
  for (const own of folders) await writeFile(join(own, 'go'), '')
  const acted = () => folders.map((own) => existsSync(join(own, 'acts')))
  await under.until('the last two to act', async () => acted().slice(2).every(Boolean))
  expect(acted()).toEqual([false, false, true, true])
})
