// The page of a checkout: a build of web/ in `.terrace/build`, beside that of the sources
// (docs/adr/0015-compiled-checkout.md). It is named by the hash of what went into it, so that changed
// sources are never shown from an old one.

import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Sources of the server that the page is built from as well. */
const SHARED = ['orchestrator/graph/exact-json.ts']
const KEPT_OUTPUT = 4_000

/** Where the build of the sources as they are now is, or belongs. */
export function pageFolder(checkout: string): string {
  return join(checkout, '.terrace/build', `page-${hashOf(checkout)}`)
}

/** A build that nothing has used for long is removed (compiled-checkout.mjs); this one is used. */
export function markAsUsed(folder: string): void {
  try {
    utimesSync(folder, new Date(), new Date())
  } catch {
    // Another user's.
  }
}

/** Why the page cannot be built here, with the fix; null when it can. */
export function whyNotBuildable(checkout: string): string | null {
  if (!existsSync(join(checkout, 'web/vite.config.ts')))
    return 'The sources of the page are missing: this checkout has no folder web/. Get it back with: git checkout -- web'
  if (!existsSync(join(checkout, 'node_modules/vite/package.json')))
    return 'Vite, which builds the page, is not installed: it is a package for development, and `npm ci --omit=dev` leaves those out. Run `npm ci`, or build ahead with `npm run build:page` and keep .terrace/build.'
  return null
}

export interface BuildOptions {
  signal?: AbortSignal
  /** As `nice` counts: 0 is normal, 19 is last. */
  priority?: number
}

/** @throws with what the build printed */
export async function buildPage(
  checkout: string,
  folder: string,
  options: BuildOptions = {},
): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true })
  const unfinished = mkdtempSync(`${folder}.`)
  // mkdtemp makes it private; another account may serve what one has built, as in an image.
  chmodSync(unfinished, 0o755)
  try {
    await runVite(checkout, unfinished, options)
    if (pageFolder(checkout) !== folder)
      throw new Error('The sources in web/ changed while they were built. Start again.')
    renameSync(unfinished, folder)
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true })
    // Another process was quicker.
    if (!existsSync(folder)) throw error
  }
}

function runVite(
  checkout: string,
  out: string,
  { signal, priority = 0 }: BuildOptions,
): Promise<void> {
  const child = fork(
    fileURLToPath(new URL('./build-child.mjs', import.meta.url)),
    [join(checkout, 'web/vite.config.ts'), String(priority)],
    {
      execArgv: [],
      cwd: checkout,
      env: { ...process.env, NODE_ENV: 'production', NO_COLOR: '1', TERRACE_PAGE_OUT: out },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      ...(signal && { signal }),
    },
  )
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      printed = (printed + chunk.toString()).slice(-KEPT_OUTPUT)
    })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, how) => {
      if (code === 0) resolve()
      else reject(new Error(printed.trim() || `vite build ended with ${how ?? code}.`))
    })
  })
}

/** Of the bytes, and of the lock file: it says which packages are built in. */
function hashOf(checkout: string): string {
  const hash = createHash('sha256')
  for (const path of ['package-lock.json', ...SHARED, ...sourcesOf(checkout)]) {
    const file = join(checkout, path)
    if (existsSync(file)) hash.update(`${path}\n`).update(readFileSync(file))
  }
  return hash.digest('hex').slice(0, 16)
}

function sourcesOf(checkout: string): string[] {
  const web = join(checkout, 'web')
  if (!existsSync(web)) return []
  return readdirSync(web, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join('web', join(entry.parentPath, entry.name).slice(web.length)))
    .sort()
}
