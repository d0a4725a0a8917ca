// The hash of the code that a DAG file runs: the file itself and every file that it reaches by
// relative imports, or names by `new URL('./…', import.meta.url)`; a URL that ends in "/" names a folder,
// with every file below it, unless it is one that the file itself is in. Packages are left out.
//
// Read with a pattern and not with a parser or a loader hook: the hash must come without running
// the file, also of a file with syntax errors. What a comment seems to import only adds a file;
// what is imported under a computed name is not seen.

import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, extname, join, relative, resolve, sep } from 'node:path'

const IMPORTS = [
  /\b(?:from|import|require)\s*\(?\s*(['"])(\.{1,2}\/[^'"\n]+)\1/g,
  /\bnew\s+URL\(\s*(['"])(\.{1,2}\/[^'"\n]+)\1\s*,\s*import\.meta\.url/g,
]
const CODE = new Set(['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.jsx'])

const FOLDER = 'folder'

interface ScannedFile {
  signature: string
  hash: string
  imports: string[]
}

/** Keeps what it has read, so that a later scan costs one `stat` a file. */
export class CodeHasher {
  readonly #files = new Map<string, ScannedFile>()

  /** sha256 in hex; the same on every machine that holds the same files. */
  async hash(folder: string, filePath: string): Promise<string> {
    const entry = resolve(folder, filePath)
    const reached = new Map<string, string>()
    const open = [entry]
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      if (reached.has(path)) continue
      const file = await this.#scan(path)
      if (file === null) continue
      reached.set(path, file.hash)
      open.push(...file.imports)
    }
    const total = createHash('sha256')
    const names = [...reached].map(([path, hash]) => [nameOf(folder, path), hash] as const)
    for (const [name, hash] of names.sort(([a], [b]) => (a < b ? -1 : 1))) {
      total.update(`${name}\n${hash}\n`)
    }
    return total.digest('hex')
  }

  async #scan(path: string): Promise<ScannedFile | null> {
    const before = await signatureOf(path)
    if (before === null) return null
    const known = this.#files.get(path)
    if (known?.signature === before && (await existsAll(known.imports))) return known
    if (before.startsWith(FOLDER)) return this.#scanFolder(path, before)
    const bytes = await readFile(path).catch(() => null)
    if (bytes === null) return null
    const specifiers = CODE.has(extname(path)) ? importsIn(bytes.toString()) : []
    const resolved = await Promise.all(
      specifiers.map((specifier) => resolveImport(dirname(path), specifier)),
    )
    const file = {
      signature: before,
      hash: createHash('sha256').update(bytes).digest('hex'),
      imports: resolved.filter((one) => one !== null),
    }
    // A file with an import that is not there yet is read again, until it is.
    if (file.imports.length === specifiers.length) this.#files.set(path, file)
    else this.#files.delete(path)
    return file
  }

  /** Its files have hashes of their own: which there are is told by their names. */
  async #scanFolder(path: string, signature: string): Promise<ScannedFile | null> {
    const names = await readdir(path).catch(() => null)
    if (names === null) return null
    const imports = names
      .filter((name) => !name.startsWith('.') && name !== 'node_modules')
      .map((name) => join(path, name))
    const file = { signature, hash: FOLDER, imports }
    this.#files.set(path, file)
    return file
  }
}

function importsIn(source: string): string[] {
  const found = new Set<string>()
  for (const pattern of IMPORTS) {
    for (const match of source.matchAll(pattern)) found.add(match[2]!)
  }
  return [...found]
}

/** Also as TypeScript resolves: `./x.js` may be `./x.ts`, and `./x` a file or a folder. */
async function resolveImport(folder: string, specifier: string): Promise<string | null> {
  const path = resolve(folder, specifier.replace(/[?#].*$/, ''))
  const bare = path.replace(/\.(m?)js$/, '')
  const candidates = [
    path,
    ...(bare === path ? [] : [`${bare}.ts`, `${bare}.mts`]),
    ...['.ts', '.mts', '.js', '.mjs', '.json'].map((extension) => path + extension),
    ...['index.ts', 'index.js'].map((name) => resolve(path, name)),
  ]
  for (const candidate of candidates) {
    const signature = await signatureOf(candidate)
    if (signature === null) continue
    const isFolder = signature.startsWith(FOLDER)
    if (
      isFolder &&
      (!specifier.endsWith('/') || `${folder}${sep}`.startsWith(`${candidate}${sep}`))
    ) {
      continue
    }
    return candidate.split(sep).includes('node_modules') ? null : candidate
  }
  return null
}

async function existsAll(paths: string[]): Promise<boolean> {
  return (await Promise.all(paths.map(signatureOf))).every((one) => one !== null)
}

async function signatureOf(path: string): Promise<string | null> {
  const found = await stat(path, { bigint: true }).catch(() => null)
  if (found?.isDirectory()) return `${FOLDER} ${found.ino} ${found.mtimeNs} ${found.ctimeNs}`
  return found?.isFile() ? `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}` : null
}

function nameOf(folder: string, path: string): string {
  return relative(folder, path).split(sep).join('/')
}
