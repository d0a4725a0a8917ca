// The page of a checkout: a folder like ours with a web/ of one line.

import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Page } from '../../orchestrator/page/page.ts'
import { temporaryFolder } from '../support/servers.ts'

const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url))
const SETTINGS = `
export default {
  root: import.meta.dirname,
  build: { outDir: process.env.TERRACE_PAGE_OUT, emptyOutDir: true },
}
`

let checkout: string
const builds = () => readdirSync(join(checkout, '.terrace/build'))
const write = (name: string, text: string) => writeFileSync(join(checkout, 'web', name), text)
const script = (folder: string) =>
  readdirSync(join(folder, 'assets'))
    .map((name) => readFileSync(join(folder, 'assets', name), 'utf8'))
    .join()

beforeAll(() => {
  checkout = temporaryFolder('page-checkout')
  mkdirSync(join(checkout, 'web'))
  symlinkSync(MODULES, join(checkout, 'node_modules'))
  write('vite.config.ts', SETTINGS)
  write('index.html', '<!doctype html><script type="module" src="/main.ts"></script>')
  write('main.ts', "document.title = 'first' as string")
})
afterAll(() => rmSync(checkout, { recursive: true, force: true }))

/** A start of the web server, as far as the page goes. */
async function start() {
  const page = new Page(checkout)
  const atFirst = page.state.kind
  const lines: string[] = []
  await page.build((line) => lines.push(line))
  return { atFirst, state: page.state, lines }
}

describe('The page of a checkout', () => {
  test('is built at the first start and used at the next', async () => {
    const first = await start()
    expect(first).toMatchObject({ atFirst: 'building', state: { kind: 'built' } })
    expect(first.lines).toEqual([expect.stringMatching(/^The page was built in [\d.]+ s\.$/)])
    const second = await start()
    expect(second).toEqual({ atFirst: 'built', state: first.state, lines: [] })
  })

  test('can be served by another account than the one that built it', async () => {
    const { state } = await start()
    const { mode } = statSync(state.kind === 'built' ? state.folder : '')
    expect(mode & 0o777).toBe(0o755)
  })

  test('is built once when several servers start at the same time', async () => {
    write('main.ts', "document.title = 'second' as string")
    const starts = await Promise.all([start(), start()])
    const states = starts.map(({ state }) => state)
    expect(states[0]).toMatchObject({ kind: 'built' })
    expect(states[1]).toEqual(states[0])
    expect(builds()).toHaveLength(2)
    expect(script((states[0] as { folder: string }).folder)).toContain('second')
  })

  test('says what is wrong with sources that cannot be built, and leaves nothing behind', async () => {
    const before = builds()
    write('main.ts', 'document.title = = 1')
    const { state, lines } = await start()
    expect(state).toMatchObject({ kind: 'missing', problem: expect.stringContaining('main.ts') })
    expect(lines).toHaveLength(1)
    expect(builds()).toEqual(before)
    write('main.ts', "document.title = 'second' as string")
    expect((await start()).atFirst).toBe('built')
  })

  test('is given up when the server stops', async () => {
    const before = builds()
    write('main.ts', "document.title = 'third' as string")
    const page = new Page(checkout)
    const built = page.build(() => {})
    page.stop()
    await built
    expect(page.state.kind).toBe('building')
    expect(builds()).toEqual(before)
  })

  test('says how to get what builds it where packages for development are left out', async () => {
    rmSync(join(checkout, 'node_modules'))
    const { state } = await start()
    expect(state).toMatchObject({
      kind: 'missing',
      problem: expect.stringMatching(/Vite.*not installed.*`npm ci`/),
    })
  })
})
