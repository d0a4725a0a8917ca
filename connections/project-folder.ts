// The folder of the project that a command belongs to. A command in `dags/` or deeper means the project
// above it, and one in a folder of no project must not begin an empty one there.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** `from` or the nearest folder above that is a project; null: none is. */
export function findProject(from: string): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    if (isProject(folder)) return folder
    if (folder === dirname(folder)) return null
  }
}

export function isProject(folder: string): boolean {
  return (
    ['.terrace/engines.lock', '.terrace/postgres', '.terrace/clickhouse', 'dags/package.json'].some(
      (path) => existsSync(join(folder, path)),
    ) || usesTerrace(join(folder, 'package.json'))
  )
}

function usesTerrace(manifest: string): boolean {
  try {
    const { name, terrace, dependencies, devDependencies } = JSON.parse(
      readFileSync(manifest, 'utf8'),
    )
    return (
      name === 'terrace' ||
      [terrace, dependencies?.terrace, devDependencies?.terrace].some((one) => one !== undefined)
    )
  } catch {
    return false
  }
}
