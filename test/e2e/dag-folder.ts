// A DAG folder of a test's own, with the DAGs of this repository in it and whatever else the test
// writes there.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const OURS = fileURLToPath(new URL('../../dags', import.meta.url))
const SDK = fileURLToPath(new URL('../../orchestrator/sdk/index.ts', import.meta.url))

/** Ids of the DAGs of this repository. */
export const OUR_DAGS = readdirSync(OURS)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.slice(0, -3))

export interface DagFolder {
  path: string
  /** `SDK` in the text stands for the SDK's module. */
  write(name: string, text: string): void
}

export function dagFolder(path: string): DagFolder {
  mkdirSync(path, { recursive: true })
  // As the folder of the repository: what its DAGs import waits at its top level for the adapters.
  writeFileSync(join(path, 'package.json'), '{ "type": "module" }\n')
  const write = (name: string, text: string) => {
    writeFileSync(join(path, name), text.replaceAll('SDK', JSON.stringify(SDK)))
  }
  for (const id of OUR_DAGS) {
    write(`${id}.ts`, `export { default } from ${JSON.stringify(join(OURS, `${id}.ts`))}\n`)
  }
  return { path, write }
}
