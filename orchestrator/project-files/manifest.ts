// What the project says of itself in package.json: `"terrace": {"commands": …, "layers": …, "marts": …}`.

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { ProjectFileError } from './sql-header.ts'

export type Setting = 'commands' | 'layers' | 'questions'

/**
 * Absolute path that a setting of the project in `folder` names; null: it is not set.
 *
 * @param what what the path is of, such as `a folder, such as "./sql/layers"`
 * @throws ProjectFileError when package.json is wrong
 */
export function projectPath(folder: string, setting: Setting, what: string): string | null {
  const { path, value } = settingOf(folder, setting)
  if (value === undefined) return null
  if (typeof value === 'string') return resolve(folder, value)
  const message = `"terrace": {"${setting}": …} must be the path of ${what}.`
  throw new ProjectFileError(path, null, message)
}

export interface ProjectMarts {
  /** Absolute path of the folder that holds a folder for each table (mart-tables.ts). */
  folder: string
  /** The DAG that fills them. */
  dagId: string
}

/** null: the project has no marts. @throws ProjectFileError when package.json is wrong */
export function projectMarts(folder: string): ProjectMarts | null {
  const { path, value } = settingOf(folder, 'marts')
  if (value === undefined) return null
  const [tables, dagId] = [member(value, 'folder'), member(value, 'dag')]
  if (typeof tables === 'string' && typeof dagId === 'string') {
    return { folder: resolve(folder, tables), dagId }
  }
  const message =
    '"terrace": {"marts": …} must be the folder of its tables and the DAG that fills them, such as ' +
    '{"folder": "./sql/marts", "dag": "load_marts"}.'
  throw new ProjectFileError(path, null, message)
}

function settingOf(folder: string, setting: Setting | 'marts'): { path: string; value: unknown } {
  const path = resolve(folder, 'package.json')
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return { path, value: undefined }
  }
  return { path, value: member(member(parsed(path, text), 'terrace'), setting) }
}

function parsed(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const message = `it is not JSON (${(error as Error).message}). Correct it.`
    throw new ProjectFileError(path, null, message, { cause: error })
  }
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)[key]
    : undefined
}
