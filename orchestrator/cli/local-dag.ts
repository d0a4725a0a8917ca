// Reads a DAG from its file, for `dags test` and `tasks test`: nothing is read from or written to the
// metadata, so a DAG can be tried before it is registered. The file is loaded by the child that
// the DAG processor uses, so that it fails here as it would fail there.

import { basename, extname, join } from 'node:path'
import type { Environment } from '../../connections/environment.ts'
import { dagFiles } from '../dag-processor/dag-files.ts'
import { PARSE_LIMITS, ParseProcess } from '../dag-processor/parse-process.ts'
import type { SerializedDag } from '../graph/serialized-dag.ts'
import { CommandError, suggestion, UsageError } from './errors.ts'

export interface LocalDag {
  serialized: SerializedDag
  /** Relative to the DAG folder. */
  filePath: string
}

export async function loadLocalDag(env: Environment, dagId: string): Promise<LocalDag> {
  const folder = env.TERRACE_DAGS_FOLDER
  const files = await dagFiles(folder)
  const named = files.filter((file) => idOf(file) === dagId)
  // The file's name is the DAG's id; a DAG that breaks this rule is found by loading the others.
  const others = files.filter((file) => !named.includes(file))
  const failures: string[] = []
  let child = new ParseProcess(PARSE_LIMITS)
  try {
    for (const filePath of [...named, ...others]) {
      if (child.isGone) child = new ParseProcess(PARSE_LIMITS)
      const outcome = await child.parse(folder, join(folder, filePath))
      if ('dags' in outcome) {
        const serialized = outcome.dags.find((dag) => dag.dagId === dagId)
        if (serialized) return { serialized, filePath }
        continue
      }
      const { message, line } = outcome.failure
      const place = line === null ? filePath : `${filePath}, line ${line}`
      const failure = `${place} does not load: ${message}`
      if (named.includes(filePath)) throw new CommandError(failure)
      failures.push(failure)
    }
  } finally {
    await child.end()
  }
  const hint = suggestion(dagId, files.map(idOf), `the files in ${folder}`)
  throw new UsageError(
    [`There is no DAG "${dagId}" in ${folder}. ${hint}`, ...failures].join('\n  '),
  )
}

function idOf(file: string): string {
  return basename(file, extname(file))
}
