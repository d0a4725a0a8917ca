// The sources of a checkout as JavaScript. Loading them as TypeScript cost every process and runner
// thread half a second and more of processor time; the compiler needs that for all of them, once
// (docs/adr/0015-compiled-checkout.md).
//
// Plain JavaScript, because it is what makes TypeScript load. A build is named by the hash of all that
// went into it: sources that have changed are never run from an old one, and processes that still run an
// old one keep it.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** What is compiled. DAGs and tasks stay TypeScript: they change while Terrace runs. */
const COMPILED = ['orchestrator', 'connections']

const SETTINGS = ['package.json', 'tsconfig.json', 'tsconfig.build.json']
const KEPT_DAYS = 30

/**
 * The checkout that this file belongs to, from its sources or from a build of them; null in the
 * published package, which holds compiled JavaScript alone.
 */
export function checkoutFolder() {
  const places = ['../../', '../../../../../'].map((up) =>
    fileURLToPath(new URL(up, import.meta.url)),
  )
  return places.find((place) => existsSync(join(place, 'orchestrator/cli/main.ts'))) ?? null
}

/**
 * The URL of a build of the sources as they are now, made if there is none yet. Null where there is
 * nothing to build or it does not work (no compiler, a folder that cannot be written, a syntax error):
 * the sources are then loaded through tsx, which says what is wrong with them.
 */
export function compiledCheckout() {
  const checkout = checkoutFolder()
  if (checkout === null) return null
  try {
    const builds = join(checkout, '.terrace/build')
    const hash = hashOf(checkout)
    const build = join(builds, hash)
    if (!existsSync(build)) {
      compile(checkout, build, hash)
      removeOldBuilds(builds)
    }
    markAsUsed(build)
    return pathToFileURL(`${build}/`).href
  } catch {
    return null
  }
}

/** Compiles `orchestrator/` and `connections/` into a folder, with the files that are no TypeScript. */
export function compileTo(checkout, folder, compilerOptions = []) {
  const require = createRequire(join(checkout, 'package.json'))
  const compiler = join(require.resolve('typescript/package.json'), '../bin/tsc')
  const args = [compiler, '-p', 'tsconfig.build.json', '--outDir', folder, ...compilerOptions]
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: checkout, encoding: 'utf8' })
  if (status !== 0) throw new Error(`tsc ended with ${status}.\n${stdout}`)
  for (const path of filesOf(checkout)) {
    if (!/\.m?ts$/.test(path)) cpSync(join(checkout, path), join(folder, path))
  }
}

function compile(checkout, build, hash) {
  const unfinished = `${build}.${process.pid}`
  try {
    mkdirSync(unfinished, { recursive: true })
    compileTo(checkout, unfinished, ['--noCheck', '--declaration', 'false', '--singleThreaded'])
    // Says that the files are modules, and which version they are.
    cpSync(join(checkout, 'package.json'), join(unfinished, 'package.json'))
    if (hashOf(checkout) !== hash) throw new Error('The sources changed while they were compiled.')
    renameSync(unfinished, build)
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true })
    // Another process was quicker.
    if (!existsSync(build)) throw error
  }
}

/** Of the bytes, not of times: a checkout of another branch may leave any time on a file. */
function hashOf(checkout) {
  const hash = createHash('sha256')
  for (const path of [...SETTINGS, 'node_modules/typescript/package.json', ...filesOf(checkout)]) {
    hash.update(`${path}\n`).update(readFileSync(join(checkout, path)))
  }
  return hash.digest('hex').slice(0, 16)
}

function filesOf(checkout) {
  return COMPILED.flatMap((folder) =>
    readdirSync(join(checkout, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(checkout.length)),
  ).sort()
}

function markAsUsed(build) {
  try {
    const now = new Date()
    utimesSync(build, now, now)
  } catch {
    // Another user's.
  }
}

/** Those that nothing has started from for long: a worker may run, and start threads, for days. */
function removeOldBuilds(builds) {
  const before = Date.now() - KEPT_DAYS * 86_400_000
  for (const name of readdirSync(builds)) {
    const folder = join(builds, name)
    if (statSync(folder).mtimeMs < before) rmSync(folder, { recursive: true, force: true })
  }
}
