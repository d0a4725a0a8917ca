// Stores what a scan of the DAG folder found. The metadata says which file had an id first: a second
// file that defines it does not take it over.

import type { Pool } from '../../connections/postgres.ts'
import { dagsOfFiles } from '../dag-processor/dags-of-files.ts'
import type { FolderParse } from '../dag-processor/parsed-file.ts'
import { structureHash } from '../graph/structure-hash.ts'
import { registerDags } from '../store/dags.ts'
import { filesOfDags } from '../store/read/dags.ts'

export async function registerFolder(
  pool: Pool,
  parse: FolderParse,
  log: (line: string) => void,
): Promise<void> {
  const { dags, errors } = dagsOfFiles(parse, await filesOfDags(pool))
  const changed = await registerDags(pool, {
    dags: dags.map((dag) => ({ ...dag, structureHash: structureHash(dag.serialized) })),
    importErrors: errors,
    pendingFiles: parse.pending,
  })
  if (changed.length > 0) log(`New versions of DAGs: ${changed.join(', ')}.`)
  for (const error of errors)
    log(
      `${error.filePath}${error.line === null ? '' : `:${error.line}`} does not load: ${error.message}`,
    )
}
