// Nouns that the project adds to the command line: package.json of the working directory names a
// module, `"terrace": {"commands": "./commands.ts"}`, whose export `nouns` is a list of them.
//
// The module is loaded for a noun that is not one of ours, and for the help. So it costs the other
// commands nothing, and one that is broken breaks none of them.

import { pathToFileURL } from 'node:url'
import { enableTypeScript } from '../dag-processor/load-dag.ts'
import { projectPath } from '../project-files/manifest.ts'
import { CommandError } from './errors.ts'
import type { Noun } from './noun.ts'

const NAME = /^[a-z][a-z0-9-]*$/

/** Where the project's module is; null: the project adds none. @throws CommandError */
function moduleOfProject(folder: string): string | null {
  try {
    return projectPath(folder, 'commands', 'a module, such as "./commands.ts"')
  } catch (error) {
    throw new CommandError(messageOf(error), { cause: error })
  }
}

/**
 * The nouns of the project in `folder`; `taken` are the names that they may not use.
 *
 * @throws CommandError when package.json, the module or a noun is wrong
 */
export async function loadProjectNouns(
  folder: string,
  taken: readonly string[],
): Promise<readonly Noun[]> {
  const path = moduleOfProject(folder)
  if (path === null) return []
  const nouns = await exportedNouns(path)
  const names = [...taken]
  for (const noun of nouns) {
    const problem = problemOf(noun, names)
    if (problem !== null) {
      throw new CommandError(`The project's commands (${path}) cannot be used: ${problem}`)
    }
    names.push(noun.name)
  }
  return nouns
}

async function exportedNouns(path: string): Promise<readonly Noun[]> {
  let loaded: unknown
  try {
    await enableTypeScript(path)
    loaded = await import(pathToFileURL(path).href)
  } catch (error) {
    throw new CommandError(
      `The project's commands (${path}, named in package.json) do not load: ${messageOf(error)}`,
      { cause: error },
    )
  }
  // A module that Node takes for CommonJS arrives with its exports under `default`.
  const nouns = member(loaded, 'nouns') ?? member(member(loaded, 'default'), 'nouns')
  if (Array.isArray(nouns)) return nouns as Noun[]
  throw new CommandError(
    `The project's commands (${path}) export no nouns. Write ` +
      `"export const nouns: Noun[] = [{ name, summary, load: () => import('./my-noun.ts') }]".`,
  )
}

function problemOf(noun: unknown, taken: readonly string[]): string | null {
  const name = member(noun, 'name')
  if (typeof name !== 'string' || !NAME.test(name)) {
    return `a noun's name is ${JSON.stringify(name)}. Use lower-case letters, digits and "-".`
  }
  if (taken.includes(name)) return `there is a noun "${name}" already. Give it another name.`
  if (typeof member(noun, 'summary') !== 'string') {
    return `noun "${name}" has no summary. Add one line that says what it does.`
  }
  if (typeof member(noun, 'load') !== 'function') {
    return `noun "${name}" has no load. Write load: () => import('./${name}.ts').`
  }
  return null
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)[key]
    : undefined
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
