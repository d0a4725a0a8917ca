// The adapters that there are: every file of tasks/sources, and of the folder that SHOP_SOURCES names,
// is one, and its name is the source. So a new source is in no list.

import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { furtherSources, SourceRulesError } from '../../connections/source-rules.ts'
import type { Adapter } from './adapter.ts'
import { type Contract, readContract } from './contract.ts'
import { findRules, type SourceRules } from './source-rules.ts'

export interface KnownSource {
  adapter: Adapter
  rules: SourceRules
  contract: Contract | null
}

// Named as a URL, the folder belongs to the code of every DAG that loads messages: what changes in it is read anew.
const OWN = fileURLToPath(new URL('../sources/', import.meta.url))

const sources = new Map((await Promise.all([OWN, furtherSources()].map(readAdapters))).flat())

/** undefined: no adapter reads such messages. */
export function findSource(name: string): KnownSource | undefined {
  return sources.get(name)
}

export function knownSources(): string[] {
  return [...sources.keys()]
}

async function readAdapters(folder: string | null): Promise<[string, KnownSource][]> {
  if (folder === null) return []
  const files = readdirSync(folder).filter((name) => /(?<!\.d)\.ts$/.test(name))
  return Promise.all(files.sort().map((name) => readAdapter(join(folder, name))))
}

async function readAdapter(path: string): Promise<[string, KnownSource]> {
  const source = basename(path, '.ts')
  const rules = findRules(source)
  if (rules === undefined) {
    throw new SourceRulesError(
      `${path} reads messages of source "${source}", and no sources.json names that source. Add a row ` +
        'for it, or take the file away.',
    )
  }
  const exported: { adapter?: Partial<Adapter> } = await import(pathToFileURL(path).href)
  if (typeof exported.adapter?.read !== 'function') {
    throw new SourceRulesError(
      `${path} exports no adapter. Write "export const adapter: Adapter = { read(message, rules) { … } }".`,
    )
  }
  const contract = readContract(path.replace(/\.ts$/, '.contract.json'), source)
  return [source, { adapter: exported.adapter as Adapter, rules, contract }]
}
