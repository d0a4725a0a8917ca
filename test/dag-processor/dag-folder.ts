// A DAG folder of a test's own, outside the project.

import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

const SDK = new URL('../../orchestrator/sdk/index.ts', import.meta.url).href

/** Writes the files below `<project>/dags`; returns that folder. */
export async function dagFolder(files: Record<string, string>): Promise<string> {
  const project = await realpath(await mkdtemp(join(tmpdir(), 'terrace-dags-')))
  onTestFinished(() => rm(project, { recursive: true, force: true }))
  const folder = join(project, 'dags')
  await mkdir(folder)
  await writeFile(join(project, 'package.json'), '{"type":"module"}')
  await writeFiles(folder, files)
  return folder
}

export async function writeFiles(folder: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  }
}

/** The text of a file with one DAG; `before` comes between the import and the DAG. */
export function dagFile(id: string, before = ''): string {
  return `import { defineDag } from ${JSON.stringify(SDK)}
${before}
export default defineDag({ id: ${JSON.stringify(id)} }, (dag) => {
  dag.task('one', (): number => 1)
})
`
}

/** Promise.withResolvers, which Node 20 does not have. */
export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
