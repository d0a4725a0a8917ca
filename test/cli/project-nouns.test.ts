import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { terraceIn } from './terrace.ts'

const KIT = fileURLToPath(new URL('../../orchestrator/cli/commands.ts', import.meta.url))
const GREET = `
import { examples, UsageError, type Command } from ${JSON.stringify(KIT)}
export function define(greet: Command) {
  const hello = greet.command('hello').argument('<name>', 'whom').action((name: string) => {
    if (name === 'nobody') throw new UsageError('Nobody is not a name. Write another.')
    process.stdout.write('Hello, ' + name + '\\n')
  })
  examples(hello, 'greet hello world')
}
`
const noun = (fields: string) => `export const nouns = [{ ${fields} }]`
const GOOD = noun(`name: 'greet', summary: 'say hello', load: () => import('./greet.ts')`)

let folder: string
let terrace: ReturnType<typeof terraceIn>

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'terrace-project-'))
  terrace = terraceIn({ cwd: folder })
  write('greet.ts', GREET)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text)
}

function project(commands: string, manifest: object = { terrace: { commands: './commands.ts' } }) {
  write('package.json', JSON.stringify({ type: 'module', ...manifest }))
  write('commands.ts', commands)
}

describe('a noun of the project', () => {
  test('works like one of ours: help, examples, errors, exit codes', async () => {
    project(GOOD)
    expect((await terrace('--help')).stdout).toMatch(/^ {2}greet +say hello$/m)
    expect(await terrace('greet', 'hello', 'Ada')).toMatchObject({
      code: 0,
      stdout: 'Hello, Ada\n',
    })
    expect((await terrace('greet', 'hello', '--help')).stdout).toContain('$ terrace greet hello')
    expect(await terrace('greet', 'hello', 'nobody')).toMatchObject({
      code: 2,
      stderr: 'error: Nobody is not a name. Write another.\n',
    })
    const wrong = await terrace('greet', 'hallo')
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('Commands: hello') })
  })

  test('is not loaded for another noun', async () => {
    project(`throw new Error('must not be loaded')`)
    expect(await terrace('version')).toMatchObject({ code: 0, stderr: '' })
  })

  test('loads from a CommonJS project too', async () => {
    project(GOOD, { type: 'commonjs', terrace: { commands: './commands.ts' } })
    expect(await terrace('greet', 'hello', 'Ada')).toMatchObject({
      code: 0,
      stdout: 'Hello, Ada\n',
    })
  })
})

test('without a word in package.json, or without one, nothing changes', async () => {
  expect((await terrace('greet')).stderr).toContain("unknown command 'greet'")
  project(GOOD, {})
  expect((await terrace('greet')).stderr).toContain("unknown command 'greet'")
  expect((await terrace('--help')).stdout).not.toContain('greet')
})

describe('what cannot be used says so', () => {
  const load = `load: () => import('./greet.ts')`
  test.each([
    ['a module that throws', 'throw new Error("no database")', 'do not load: no database'],
    ['a module without nouns', 'export const verbs = []', 'export no nouns. Write'],
    ['a name of ours', noun(`name: 'dags', summary: '', ${load}`), 'a noun "dags" already'],
    ['a bad name', noun(`name: 'Greet it', summary: '', ${load}`), 'lower-case letters'],
    ['no summary', noun(`name: 'greet', ${load}`), 'has no summary'],
    ['no load', noun(`name: 'greet', summary: ''`), "load: () => import('./greet.ts')"],
  ])('%s', async (_what, commands, part) => {
    project(commands)
    const called = await terrace('greet', 'hello', 'Ada')
    expect(called).toMatchObject({ code: 1, stderr: expect.stringContaining(part) })
  })

  test('and the help shows what there is', async () => {
    project('export const verbs = []')
    const help = await terrace('--help')
    expect(help).toMatchObject({ code: 0, stderr: expect.stringMatching(/^warning: /) })
    expect(help.stdout).toContain('standalone')
  })

  test('a file that is not there', async () => {
    project(GOOD, { terrace: { commands: './elsewhere.ts' } })
    const { code, stderr } = await terrace('greet')
    expect(code).toBe(1)
    expect(stderr).toContain('elsewhere.ts, named in package.json')
  })

  test('a path that is no text', async () => {
    project(GOOD, { terrace: { commands: ['./commands.ts'] } })
    expect((await terrace('greet')).stderr).toContain('must be the path of a module')
  })

  test('a noun whose module defines nothing', async () => {
    project(GOOD)
    write('greet.ts', 'export const nothing = 1')
    expect((await terrace('greet')).stderr).toContain('exports no function define(command)')
  })
})
