// Where the .sql files are: beside the sources in a checkout, beside dist/ in the package.

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Absolute path of a folder under sql/, such as `orchestrator/ddl`. */
export function sqlFolder(name: string): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'sql'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error(`The installation has no sql/${name} folder.`)
    folder = parent
  }
  return join(folder, 'sql', name)
}
