// What `terrace` in a checkout runs: a build of the sources as they are now.

import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../support/servers.ts'
import { type Ran, terraceIn } from './terrace.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PARTS = [
  'orchestrator',
  'connections',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
]

let checkout: string
const builds = () => join(checkout, '.terrace/build')
const version = (): Promise<Ran> =>
  terraceIn({ bin: join(checkout, 'orchestrator/cli/terrace.mjs') })('version')

beforeAll(() => {
  checkout = temporaryFolder('checkout')
  for (const part of PARTS) cpSync(join(ROOT, part), join(checkout, part), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'))
})
afterAll(() => rmSync(checkout, { recursive: true, force: true }))

function edit(from: string, to: string): void {
  const file = join(checkout, 'orchestrator/cli/version.ts')
  writeFileSync(file, readFileSync(file, 'utf8').replace(from, to))
}

test('is made by whoever comes first, once', async () => {
  const ran = await Promise.all([version(), version(), version()])
  expect(ran.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
    ran.map(() => ({ code: 0, stderr: '' })),
  )
  expect(readdirSync(builds())).toHaveLength(1)
})

test('is another one after an edit, and the former one after it is taken back', async () => {
  const before = await version()
  edit('versionOfTerrace()', "versionOfTerrace() + ' edited'")
  expect((await version()).stdout).toContain(' edited')
  expect(readdirSync(builds())).toHaveLength(2)
  edit(" + ' edited'", '')
  expect(await version()).toEqual(before)
  expect(readdirSync(builds())).toHaveLength(2)
})

test('stays away from sources that do not compile: they say themselves what is wrong', async () => {
  edit('versionOfTerrace()', 'versionOfTerrace((')
  const { code, stderr } = await version()
  edit('versionOfTerrace((', 'versionOfTerrace()')
  expect(code).not.toBe(0)
  expect(stderr).toMatch(/version\.ts:\d+/)
})

test('is not needed: without a compiler the sources run as they are', async () => {
  rmSync(join(checkout, 'node_modules'))
  rmSync(builds(), { recursive: true })
  const needed = [
    'tsx',
    'esbuild',
    '@esbuild',
    'get-tsconfig',
    'resolve-pkg-maps',
    'commander',
    'zod',
  ]
  for (const name of needed) {
    const installed = join(ROOT, 'node_modules', name)
    if (existsSync(installed)) {
      cpSync(installed, join(checkout, 'node_modules', name), { recursive: true })
    }
  }
  expect(await version()).toMatchObject({ code: 0, stderr: '' })
  expect(existsSync(builds())).toBe(false)
})
