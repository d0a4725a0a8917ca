import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { startEmbeddedPostgres } from '../../connections/engines/embedded-postgres.ts'
import {
  canEnter,
  engineAccount,
  engineFolder,
  handOver,
} from '../../connections/engines/engine-account.ts'
import { commandOf, isAlive } from '../../connections/engines/live-process.ts'
import {
  findPackage,
  preparePostgresBinaries,
} from '../../connections/engines/postgres-binaries.ts'
import { temporaryFolder } from '../support/servers.ts'
import { ask, startOwner } from './owners.ts'

const remove: string[] = []
afterAll(() => {
  for (const folder of remove) rmSync(folder, { recursive: true, force: true })
})

function folder(name: string, mode: number): string {
  const path = temporaryFolder(name)
  chmodSync(path, mode)
  remove.push(path)
  return path
}

/** The npm package as `npm ci --ignore-scripts` leaves it: without the library links. */
function packageWithoutLinks(parent: string): string {
  const copy = join(parent, 'linux-package')
  cpSync(findPackage(), copy, { recursive: true, verbatimSymlinks: true })
  const lib = join(copy, 'native', 'lib')
  for (const name of readdirSync(lib)) {
    if (lstatSync(join(lib, name)).isSymbolicLink()) rmSync(join(lib, name))
  }
  return copy
}

function binaryOf(pid: number): string {
  return commandOf(pid)?.split(' ')[0] ?? ''
}

test('Missing library links are made in the package', { timeout: 60_000 }, async () => {
  const home = folder('links', 0o755)
  const installed = packageWithoutLinks(home)
  const binaries = await preparePostgresBinaries(home, engineAccount(), installed)
  expect(binaries.version).toMatch(/^PostgreSQL \d+/)
  expect(binaries.postgres.startsWith(installed)).toBe(true)
})

describe.skipIf(process.getuid?.() !== 0)(
  'Under a folder that only root can enter',
  { timeout: 120_000 },
  () => {
    test('Data and binaries go to a folder that the account of Postgres can enter', async () => {
      const root = folder('private', 0o700)
      const home = join(root, 'checkout', '.terrace')
      mkdirSync(home, { recursive: true })
      const owner = await startOwner(home, { packageFolder: packageWithoutLinks(root) })
      remove.push(dirname(owner.folder), dirname(dirname(dirname(binaryOf(owner.pid)))))
      try {
        expect(await ask(owner.url, 'select 1 as one')).toEqual([{ one: 1 }])
        expect(owner.folder.startsWith(root)).toBe(false)
        expect(binaryOf(owner.pid).startsWith(root)).toBe(false)
        expect(canEnter(engineAccount(), owner.folder)).toBe(true)
        expect(statSync(join(owner.folder, 'data')).uid).not.toBe(0)
        expect(engineFolder(home, 'postgres')).toBe(owner.folder)
      } finally {
        await owner.stop()
      }
      expect(isAlive(owner.server)).toBe(false)
      // Opening the folder later must not make the data disappear.
      chmodSync(root, 0o755)
      expect(engineFolder(home, 'postgres')).toBe(owner.folder)
    })

    test('Data that was made there before is named, not replaced by an empty folder', async () => {
      const root = folder('closed-later', 0o700)
      const home = join(root, '.terrace')
      mkdirSync(join(home, 'postgres', 'data'), { recursive: true })
      await expect(startEmbeddedPostgres({ home })).rejects.toThrow(/may not enter.*chmod o\+x/)
      expect(existsSync(join(home, 'postgres', 'password'))).toBe(false)
    })
  },
)

const unprivileged = engineAccount()
describe.skipIf(!unprivileged || !canEnter(unprivileged, process.cwd()))(
  'A user',
  { timeout: 120_000 },
  () => {
    test('Who is not root runs Postgres as himself, with binaries he cannot write to', async () => {
      const root = folder('user', 0o755)
      const installed = packageWithoutLinks(root)
      const home = join(root, 'home')
      mkdirSync(home)
      handOver(home, unprivileged)
      const owner = await startOwner(home, { packageFolder: installed, account: unprivileged })
      try {
        expect(await ask(owner.url, 'select 1 as one')).toEqual([{ one: 1 }])
        expect(owner.folder).toBe(join(home, 'postgres'))
        expect(binaryOf(owner.pid).startsWith(home)).toBe(true)
      } finally {
        await owner.stop()
      }
    })
  },
)
