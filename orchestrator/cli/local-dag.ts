// Loads a DAG from its file into this process, for `dags test` and `tasks test`: nothing is read from
// or written to the metadata, so a DAG can be tried before it is registered.

import { existsSync, readdirSync } from 'node:fs'
import { basename, extname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Environment } from '../../connections/environment.ts'
import { type Dag, isDag } from '../sdk/define-dag.ts'
import { CommandError, suggestion, UsageError } from './errors.ts'

const EXTENSIONS = ['.ts', '.mts', '.js', '.mjs']

export async function loadLocalDag(env: Environment, dagId: string): Promise<Dag> {
  const folder = env.TERRACE_DAGS_FOLDER
  if (!existsSync(folder)) {
    throw new UsageError(
      `There is no DAG folder ${folder}. Set TERRACE_DAGS_FOLDER, or make one with \`terrace init\`.`,
    )
  }
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => EXTENSIONS.includes(extname(path)) && !path.includes('node_modules'))
    .map((path) => join(folder, path))
    .sort()
  await registerTypeScript()
  const named = files.filter((file) => idOf(file) === dagId)
  // The file's name is the DAG's id; a DAG that breaks this rule is found by loading the others.
  const others = files.filter((file) => !named.includes(file))
  const failures: string[] = []
  for (const file of [...named, ...others]) {
    try {
      const dag = await dagIn(file, dagId)
      if (dag) return dag
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      const failure = `${relative(process.cwd(), file)} does not load: ${message}`
      if (named.includes(file)) throw new CommandError(failure, { cause: error })
      failures.push(failure)
    }
  }
  const hint = suggestion(dagId, files.map(idOf), `the files in ${folder}`)
  throw new UsageError(
    [`There is no DAG "${dagId}" in ${folder}. ${hint}`, ...failures].join('\n  '),
  )
}

async function dagIn(file: string, dagId: string): Promise<Dag | undefined> {
  const loaded: Record<string, unknown> = await import(pathToFileURL(file).href)
  // In a folder that is not an ES module, the default export arrives one level deeper.
  const inner = loaded.default
  const values = [...Object.values(loaded), ...(isRecord(inner) ? Object.values(inner) : [])]
  return values.filter(isDag).find((dag) => dag.serialized.dagId === dagId)
}

/** From a checkout tsx is there already; the compiled CLI needs it for other people's TypeScript. */
async function registerTypeScript(): Promise<void> {
  if (import.meta.url.endsWith('.js')) (await import('tsx/esm/api')).register()
}

function idOf(file: string): string {
  return basename(file, extname(file))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
