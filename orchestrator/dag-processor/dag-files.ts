// Which files of the DAG folder hold DAGs. Left out: dotfiles, tests, declarations, node_modules,
// and folders whose name starts with `_`, which is where code that DAGs share can live.

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

const DAG_FILE = /\.(ts|mts|js|mjs)$/
const NOT_A_DAG = /(\.d\.m?ts|\.test\.m?[tj]s)$/

/** Paths relative to the folder, with forward slashes, sorted. A missing folder is an error. */
export async function dagFiles(folder: string): Promise<string[]> {
  const found: string[] = []
  await collect(folder, '', found)
  return found.sort()
}

async function collect(folder: string, prefix: string, found: string[]): Promise<void> {
  for (const entry of await entriesOf(join(folder, prefix), prefix === '')) {
    const { name } = entry
    if (name.startsWith('.')) continue
    if (entry.isDirectory()) {
      if (name !== 'node_modules' && !name.startsWith('_')) {
        await collect(folder, `${prefix}${name}/`, found)
      }
    } else if (DAG_FILE.test(name) && !NOT_A_DAG.test(name)) {
      found.push(prefix + name)
    }
  }
}

async function entriesOf(path: string, isRoot: boolean) {
  try {
    return await readdir(path, { withFileTypes: true })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    // A folder below may go while it is read.
    if (!isRoot && code === 'ENOENT') return []
    throw new Error(
      `The DAG folder ${path} cannot be read (${code}). Create it, or set TERRACE_DAGS_FOLDER to the folder that holds the DAG files.`,
      { cause: error },
    )
  }
}
