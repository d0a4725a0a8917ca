// The statements of sql/, read once. One file is one statement with $1, $2 … as its parameters.

import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = findSqlFolder()
const texts = new Map<string, Promise<string>>()

/** Absolute path of a file or folder below sql/. */
export function sqlPath(path: string): string {
  return join(root, path)
}

/** Text of a file below sql/, such as `dds/load/h_user.sql`. */
export function sqlFile(path: string): Promise<string> {
  let text = texts.get(path)
  if (text === undefined) {
    text = readFile(sqlPath(path), 'utf8')
    texts.set(path, text)
  }
  return text
}

/** Paths of the .sql files of a folder below sql/, in order of name. */
export async function listSqlFiles(path: string): Promise<string[]> {
  const names = await readdir(sqlPath(path))
  return names
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => `${path}/${name}`)
}

/** Beside the sources in a checkout, beside dist/ in the package. */
function findSqlFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'sql'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error('The installation has no sql folder. Install it again.')
    folder = parent
  }
  return join(folder, 'sql')
}
