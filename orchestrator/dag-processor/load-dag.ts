// Imports a DAG file. For runner threads and the parser's child only: this runs user code, which
// the scheduler, the API and the CLI never do in their own process.
//
// A process keeps what it has imported: after an edit of the code a new thread or process must load
// it.

import { pathToFileURL } from 'node:url'
import { type Dag, isDag } from '../sdk/define-dag.ts'
import { registerTypeScript } from './register-typescript.ts'

export class LoadDagError extends Error {
  override readonly name = 'LoadDagError'
  readonly code: 'no_dag' | 'dag_missing'

  constructor(code: LoadDagError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** The DAG `dagId` of this file. What the file throws is thrown on. */
export async function loadDag(filePath: string, dagId: string): Promise<Dag> {
  const dags = await importDags(filePath)
  const dag = dags.find(({ serialized }) => serialized.dagId === dagId)
  if (dag) return dag
  const others = dags.map(({ serialized }) => `"${serialized.dagId}"`).join(', ')
  throw new LoadDagError(
    'dag_missing',
    `DAG "${dagId}" is no longer in ${filePath}, which defines ${others}. Put it back and clear the task, or delete the DAG.`,
  )
}

/** All DAGs that the file exports, singly or in a list. */
export async function importDags(filePath: string): Promise<Dag[]> {
  await enableTypeScript(filePath)
  const exported: Record<string, unknown> = await import(pathToFileURL(filePath).href)
  const dags = new Set([exported, asCommonJs(exported)].flatMap(Object.values).flat().filter(isDag))
  if (dags.size > 0) return [...dags]
  throw new LoadDagError(
    'no_dag',
    'The file exports no DAG. Write "export default defineDag(…)", or move code that DAGs share into a folder whose name starts with "_"',
  )
}

/** A file that Node takes for CommonJS arrives with all of its exports under `default`. */
function asCommonJs(exported: Record<string, unknown>): object {
  const inner = exported.default
  return typeof inner === 'object' && inner !== null && !isDag(inner) ? inner : {}
}

let enabled: Promise<void> | undefined

/**
 * Sources run under tsx (or Vitest) already; compiled JavaScript starts it for the user's files.
 *
 * @param path of the user's file that is loaded first, or of the folder
 */
export function enableTypeScript(path: string): Promise<void> {
  enabled ??= import.meta.url.endsWith('.ts') ? Promise.resolve() : registerTypeScript(path)
  return enabled
}
