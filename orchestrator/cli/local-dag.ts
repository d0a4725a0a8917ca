// Loads a DAG from its file into this process, for `dags test` and `tasks test`: nothing is read from
// or written to the metadata, so a DAG can be tried before it is registered.

import { basename, extname, join } from 'node:path'
import type { Environment } from '../../connections/environment.ts'
import { dagFiles } from '../dag-processor/dag-files.ts'
import { importDags } from '../dag-processor/load-dag.ts'
import type { Dag } from '../sdk/define-dag.ts'
import { CommandError, suggestion, UsageError } from './errors.ts'

export async function loadLocalDag(env: Environment, dagId: string): Promise<Dag> {
  const folder = env.TERRACE_DAGS_FOLDER
  const files = await dagFiles(folder)
  const named = files.filter((file) => idOf(file) === dagId)
  // The file's name is the DAG's id; a DAG that breaks this rule is found by loading the others.
  const others = files.filter((file) => !named.includes(file))
  const failures: string[] = []
  for (const file of [...named, ...others]) {
    try {
      const dags = await importDags(join(folder, file))
      const dag = dags.find(({ serialized }) => serialized.dagId === dagId)
      if (dag) return dag
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      const failure = `${file} does not load: ${message}`
      if (named.includes(file)) throw new CommandError(failure, { cause: error })
      failures.push(failure)
    }
  }
  const hint = suggestion(dagId, files.map(idOf), `the files in ${folder}`)
  throw new UsageError(
    [`There is no DAG "${dagId}" in ${folder}. ${hint}`, ...failures].join('\n  '),
  )
}

function idOf(file: string): string {
  return basename(file, extname(file))
}
