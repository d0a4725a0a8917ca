// The adapters that there are: every file of tasks/sources is one, and its name is the source. So a
// new source is in no list.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Adapter } from './adapter.ts'
import { findRules, type SourceRules } from './source-rules.ts'

export interface KnownSource {
  adapter: Adapter
  rules: SourceRules
}

const FOLDER = join(import.meta.dirname, '../sources')

const sources = await readAdapters(FOLDER)

/** undefined: no adapter reads such messages. */
export function findSource(name: string): KnownSource | undefined {
  return sources.get(name)
}

export function knownSources(): string[] {
  return [...sources.keys()]
}

async function readAdapters(folder: string): Promise<Map<string, KnownSource>> {
  const files = readdirSync(folder).filter((name) => /\.ts$/.test(name) && !/\.d\.ts$/.test(name))
  const found = files.sort().map(async (name) => {
    const path = join(folder, name)
    const source = name.replace(/\.ts$/, '')
    const rules = findRules(source)
    if (rules === undefined) {
      throw new TypeError(
        `${path} reads messages of source "${source}", which seeds/sources.json does not name. Add a ` +
          'row for it, or take the file away.',
      )
    }
    return [
      source,
      { adapter: adapterOf(path, await import(pathToFileURL(path).href)), rules },
    ] as const
  })
  return new Map(await Promise.all(found))
}

function adapterOf(path: string, exported: { adapter?: Partial<Adapter> }): Adapter {
  const { adapter } = exported
  if (typeof adapter?.read === 'function') return adapter as Adapter
  throw new TypeError(
    `${path} exports no adapter. Write "export const adapter: Adapter = { read(message, rules) { … } }".`,
  )
}
