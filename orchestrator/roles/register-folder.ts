// Stores what a scan of the DAG folder found. The metadata says which file had an id first: a second
// file that defines it does not take it over.

import type { Pool } from '../../connections/postgres.ts'
import { dagsOfFiles } from '../dag-processor/dags-of-files.ts'
import type { FolderParse } from '../dag-processor/parsed-file.ts'
import { structureHash } from '../graph/structure-hash.ts'
import { registerDags } from '../store/dags.ts'
import { filesOfDags } from '../store/read/dags.ts'

/**
 * Returns what is called with each scan. An error of a file is said once and again when it has changed, not
 * with every scan that finds it as it was.
 */
export function folderRegistration(
  log: (line: string) => void,
): (pool: Pool, parse: FolderParse) => Promise<void> {
  let said: ReadonlySet<string> = new Set()
  return async (pool, parse) => {
    const { dags, errors } = dagsOfFiles(parse, await filesOfDags(pool))
    const changed = await registerDags(pool, {
      dags: dags.map((dag) => ({ ...dag, structureHash: structureHash(dag.serialized) })),
      importErrors: errors,
      pendingFiles: parse.pending,
    })
    if (changed.length > 0) log(`New versions of DAGs: ${changed.join(', ')}.`)
    const lines = errors.map(
      ({ filePath, line, message }) =>
        `${filePath}${line === null ? '' : `:${line}`} does not load: ${message}`,
    )
    for (const line of lines) if (!said.has(line)) log(line)
    said = new Set(lines)
  }
}
