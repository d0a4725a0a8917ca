// The formats that there are: the files of tasks/produce. No list of them stands beside the folder.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Format } from './format.ts'

const FOLDER = join(import.meta.dirname, '..')

/** Their names, in alphabetical order. */
export function formatNames(): string[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map(({ name }) => name.slice(0, -'.ts'.length))
    .sort()
}

/** null when there is no format of that name. */
export async function findFormat(name: string): Promise<Format | null> {
  if (!formatNames().includes(name)) return null
  const module: { format?: Format } = await import(pathToFileURL(join(FOLDER, `${name}.ts`)).href)
  if (module.format !== undefined) return module.format
  throw new TypeError(
    `tasks/produce/${name}.ts exports no format. Write "export const format: Format = { … }" in it.`,
  )
}
