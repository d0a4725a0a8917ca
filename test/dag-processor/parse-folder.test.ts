import { execFile } from 'node:child_process'
import { rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { CodeHasher } from '../../orchestrator/dag-processor/code-hash.ts'
import { dagFiles } from '../../orchestrator/dag-processor/dag-files.ts'
import { importDags, loadDag } from '../../orchestrator/dag-processor/load-dag.ts'
import { parseFolder } from '../../orchestrator/dag-processor/parse-folder.ts'
import type { FolderParse } from '../../orchestrator/dag-processor/parsed-file.ts'
import { watchFolder } from '../../orchestrator/dag-processor/watch-folder.ts'
import { dagFile, dagFolder, deferred, writeFiles } from './dag-folder.ts'

const ids = (result: FolderParse) => result.dags.map(({ serialized }) => serialized.dagId)

test('files that are not DAGs are left out', async () => {
  const folder = await dagFolder({
    'a.ts': '',
    'b.mts': '',
    'c.js': '',
    'd.mjs': '',
    'team/e.ts': '',
    '.hidden.ts': '',
    'a.test.ts': '',
    'types.d.ts': '',
    'read.md': '',
    '_shared/x.ts': '',
    'node_modules/x/index.js': '',
  })
  expect(await dagFiles(folder)).toEqual(['a.ts', 'b.mts', 'c.js', 'd.mjs', 'team/e.ts'])
  await expect(dagFiles(join(folder, 'none'))).rejects.toThrow('TERRACE_DAGS_FOLDER')
})

test('secrets of the environment are in no import error', async () => {
  vi.stubEnv('SHOP_DB_PASS', 'sesame-open-now')
  onTestFinished(() => {
    vi.unstubAllEnvs()
  })
  const folder = await dagFolder({
    'throws.ts': dagFile('throws', 'throw new Error("no login with " + process.env.SHOP_DB_PASS)'),
    'exits.ts': dagFile(
      'exits',
      'console.error("bye " + process.env.SHOP_DB_PASS); process.exit(1)',
    ),
  })
  const { errors } = await parseFolder(folder)
  expect(errors.map(({ message }) => message).toSorted()).toEqual([
    expect.stringContaining('no login with ***'),
    expect.stringContaining('(bye ***)'),
  ])
})

test('every way of not loading is an error of that file, and the other DAGs go on', async () => {
  const folder = await dagFolder({
    'a_good.ts': dagFile('a_good'),
    'blocks.ts': dagFile('blocks', 'while (true) {}'),
    'waits.ts': dagFile('waits', 'await new Promise(() => setInterval(() => {}, 1000))'),
    'exits.ts': dagFile('exits', 'process.exit(0)'),
    'throws.ts': dagFile('throws', '\nthrow new Error("no server at postgres://me:secret@db/x")'),
    'throws_later.ts': dagFile('throws_later', 'Promise.reject(new Error("later"))'),
    'throws_text.ts': dagFile('throws_text', 'throw "text"'),
    'syntax.ts': 'const a = 1\nconst = 2\n',
    'syntax_below.ts': dagFile('syntax_below', 'import "../tasks/broken.ts"'),
    'missing.ts': dagFile('missing', 'import { x } from "../tasks/none.ts"\nconsole.log(x)'),
    'not_exported.ts': dagFile('x', 'import { none } from "../tasks/some.ts"\nconsole.log(none)'),
    'nothing.ts': 'export const a = 1\n',
    'greedy.ts': dagFile(
      'greedy',
      'const all: unknown[] = []; for (;;) all.push(new Array(1e4).fill(all))',
    ),
    'cycle.ts': dagFile('cycle').replace(
      '(): number => 1)',
      '(): number => 1)\n  const a = dag.task("a", () => 1); a.after(a)',
    ),
    'z_good.ts': dagFile('z_good', 'console.log("noise"); console.error("noise")'),
    'z_one.ts': dagFile('twice'),
    'z_two.ts': dagFile('twice'),
    '../tasks/broken.ts': 'export const = 1\n',
    '../tasks/some.ts': 'export const some = 1\n',
  })
  const result = await parseFolder(folder, { timeLimitMs: 5_000, memoryLimitMb: 64 })
  expect(ids(result)).toEqual(
    ['a_good', 'twice', 'z_good'].sort((a, b) => (a < b ? -1 : 1)).toSorted(byFile),
  )
  expect(
    Object.fromEntries(result.errors.map(({ filePath, message }) => [filePath, message])),
  ).toEqual({
    'blocks.ts': expect.stringContaining('not loaded within 5 s'),
    'waits.ts': expect.stringContaining('not loaded within 5 s'),
    'exits.ts': expect.stringContaining('exit code 0'),
    'throws.ts': expect.stringContaining('Error: no server at postgres://me:***@db/x'),
    'throws_later.ts': expect.stringContaining('Error: later'),
    'throws_text.ts': expect.stringContaining('throws text'),
    'syntax.ts': expect.stringContaining('Syntax error: Expected identifier'),
    'syntax_below.ts': expect.stringContaining('Syntax error in tasks/broken.ts, line 1'),
    'missing.ts': expect.stringMatching(/Cannot find module 'tasks\/none\.ts'.*Check the path/s),
    'not_exported.ts': expect.stringContaining('Export "none" there'),
    'nothing.ts': expect.stringContaining('exports no DAG'),
    'greedy.ts': expect.stringContaining('more than 64 MB'),
    'cycle.ts': expect.stringContaining('a → a'),
    'z_two.ts': expect.stringContaining('in z_one.ts and in z_two.ts'),
  })
  const lines = Object.fromEntries(result.errors.map(({ filePath, line }) => [filePath, line]))
  expect(lines).toMatchObject({
    'throws.ts': 3,
    'throws_later.ts': 2,
    'syntax.ts': 2,
    'missing.ts': 2,
    'not_exported.ts': 2,
    'cycle.ts': 3,
  })
  expect(JSON.stringify(result.errors)).not.toContain('secret')
  expect(JSON.stringify(result.errors)).not.toContain(folder)
}, 60_000)

const byFile = (a: string, b: string) => fileOf(a).localeCompare(fileOf(b))
const fileOf = (id: string) => (id === 'twice' ? 'z_one' : id)

test('what one file leaves behind is not taken for the next one’s', async () => {
  const folder = await dagFolder({
    'a.ts': dagFile('a', 'setTimeout(() => { throw new Error("from a") }, 30)'),
    'b.ts': dagFile('b', 'await new Promise((resolve) => setTimeout(resolve, 300))'),
    'c.ts': dagFile('c'),
  })
  const result = await parseFolder(folder, { concurrency: 1 })
  expect(ids(result)).toEqual(['a', 'b', 'c'])
  expect(result.errors).toEqual([])
})

test('a file that is deleted after the folder was listed is gone, and no import error', async () => {
  const folder = await dagFolder({
    // Loaded first, it deletes what the folder's list still holds.
    'a.ts': dagFile(
      'a',
      `import { rmSync } from 'node:fs'
       for (const path of ['./z1.ts', './team']) rmSync(new URL(path, import.meta.url), { recursive: true })`,
    ),
    'team/b.ts': dagFile('b'),
    'z1.ts': dagFile('z1'),
  })
  await symlink(join(folder, 'none.ts'), join(folder, 'link.ts'))
  const result = await parseFolder(folder)
  expect(result.files.map(({ filePath }) => filePath)).toEqual(['a.ts', 'link.ts'])
  expect(ids(result)).toEqual(['a'])
  expect(result.errors.map(({ filePath }) => filePath)).toEqual(['link.ts'])
})

test('a file that takes long does not hold up the others, and an abort ends its child', async () => {
  const folder = await dagFolder({ 'a.ts': dagFile('a', 'while (true) {}'), 'b.ts': dagFile('b') })
  const { promise: interim, resolve: onInterim } = deferred<FolderParse>()
  const stopping = new AbortController()
  const whole = parseFolder(folder, { interimAfterMs: 10_000, onInterim, signal: stopping.signal })
  expect(await interim).toMatchObject({ pending: ['a.ts'], errors: [] })
  expect(ids(await interim)).toEqual(['b'])
  stopping.abort()
  await expect(whole).rejects.toThrow('aborted')
})

describe('the hash of the code', () => {
  test('changes with the file and with what it imports, and with nothing else', async () => {
    const folder = await dagFolder({
      'a.ts': 'import { x } from "../tasks/x.js"\nexport { x }\n',
      '../tasks/x.ts':
        'export const x = new URL("./x.sql", import.meta.url)\nexport * from "./y"\n',
      '../tasks/y/index.ts': 'export const y = 1\n',
      '../tasks/x.sql': 'select 1\n',
      '../tasks/other.ts': 'export {}\n',
    })
    const hasher = new CodeHasher()
    const hash = () => hasher.hash(folder, 'a.ts')
    const seen = new Set([await hash()])
    await writeFiles(folder, { '../tasks/other.ts': 'export const z = 1\n' })
    expect(seen).toContain(await hash())
    for (const changed of ['a.ts', '../tasks/x.ts', '../tasks/y/index.ts', '../tasks/x.sql']) {
      await writeFiles(folder, {
        [changed]: `// ${changed}\nimport "../tasks/x.ts"; import './y'; new URL('./x.sql', import.meta.url)`,
      })
      const next = await hash()
      expect(seen).not.toContain(next)
      expect(await new CodeHasher().hash(folder, 'a.ts')).toBe(next)
      seen.add(next)
    }
  })

  test('changes with the files of a folder that is named, and with which there are', async () => {
    const folder = await dagFolder({
      'a.ts': `new URL('../sql/', import.meta.url); new URL('../', import.meta.url)\n`,
      '../sql/x/load.sql': 'select 1\n',
      '../other.sql': 'select 1\n',
    })
    const hasher = new CodeHasher()
    const hash = () => hasher.hash(folder, 'a.ts')
    const first = await hash()
    await writeFiles(folder, { '../other.sql': 'select 2\n', '../sql/.x.swp': 'nothing' })
    expect(await hash()).toBe(first)
    await writeFiles(folder, { '../sql/x/load.sql': 'select 2\n' })
    const changed = await hash()
    await writeFiles(folder, { '../sql/y/load.sql': 'select 3\n' })
    expect(new Set([first, changed, await hash()]).size).toBe(3)
    await rm(join(folder, '../sql/y'), { recursive: true })
    expect(await hash()).toBe(changed)
  })

  test('lets files that are unchanged keep their result', async () => {
    const folder = await dagFolder({ 'a.ts': dagFile('a'), 'b.ts': dagFile('b') })
    const previous = await parseFolder(folder)
    await writeFiles(folder, { 'b.ts': dagFile('c') })
    const next = await parseFolder(folder, { previous })
    expect(next.files[0]).toBe(previous.files[0])
    expect(ids(next)).toEqual(['a', 'c'])
  })

  test('does not keep a file that failed from being tried again', async () => {
    const folder = await dagFolder({
      'a.ts': dagFile('a', 'if (!process.env.TERRACE_TEST_A) throw 1'),
    })
    let now = 0
    const previous = await parseFolder(folder, { now: () => now })
    expect(previous.errors).toHaveLength(1)
    process.env.TERRACE_TEST_A = '1'
    expect((await parseFolder(folder, { previous, now: () => now })).errors).toHaveLength(1)
    now = 300_000
    expect(ids(await parseFolder(folder, { previous, now: () => now }))).toEqual(['a'])
    delete process.env.TERRACE_TEST_A
  })
})

test('the watcher hands over the first result and each that differs, and again after a failure', async () => {
  const folder = await dagFolder({ 'a.ts': dagFile('a') })
  const results: string[][] = []
  const errors: unknown[] = []
  let failures = 1
  const watch = watchFolder(folder, {
    onResult: (result) => {
      if (failures-- > 0) throw new Error('no database')
      results.push(ids(result))
    },
    onError: (error) => errors.push(error),
    rescanMs: 3_600_000,
    debounceMs: 3_600_000,
    interimAfterMs: 3_600_000,
  })
  await watch.rescan()
  await watch.rescan()
  expect(errors).toEqual([new Error('no database')])
  expect(results).toEqual([['a']])
  await writeFiles(folder, { 'b.ts': dagFile('b') })
  await watch.rescan()
  await rm(join(folder, 'a.ts'))
  await watch.rescan()
  expect(results).toEqual([['a'], ['a', 'b'], ['b']])
  await watch.close()
})

test('the watcher notices a change by itself', async () => {
  const folder = await dagFolder({ 'a.ts': dagFile('a') })
  const { promise: second, resolve } = deferred<void>()
  const watch = watchFolder(folder, {
    onResult: async (result) => {
      if (result.dags.length === 2) resolve()
      else await writeFiles(folder, { 'b.ts': dagFile('b') })
    },
    onError: () => {},
    debounceMs: 10,
    rescanMs: 100,
  })
  await second
  await watch.close()
})

test('a DAG is loaded from its file, singly or from a list, and missed by name', async () => {
  const folder = await dagFolder({
    'a.ts': dagFile('a'),
    'list.ts':
      dagFile('b').replace('export default defineDag', 'const b = defineDag') +
      'export default [b]\n',
  })
  expect((await loadDag(join(folder, 'a.ts'), 'a')).handlers.has('one')).toBe(true)
  expect(await importDags(join(folder, 'list.ts'))).toHaveLength(1)
  await expect(loadDag(join(folder, 'a.ts'), 'x')).rejects.toMatchObject({ code: 'dag_missing' })
})

test('no child is left behind', async () => {
  const { stdout } = await promisify(execFile)('ps', ['--ppid', String(process.pid), '-o', 'args='])
  expect(stdout).not.toContain('parse-child')
})
