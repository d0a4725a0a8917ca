// A copy of the project that a test may write into: its own sql/, tasks and DAGs, the packages of this one.

import { execFile } from 'node:child_process'
import { cpSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { type ProjectFolder, projectFolder } from '../support/project-folder.ts'

const PROJECT = resolve(import.meta.dirname, '../..')
const COPIED = [
  'package.json',
  'tsconfig.json',
  'connections',
  'dags',
  'generators',
  'orchestrator',
  'seeds',
  'sql',
  'tasks',
  'test/shop',
  'test/support',
]

export interface ProjectCopy extends ProjectFolder {
  /** Runs a script of the copy to its end, and returns what it writes to its standard output. */
  run(script: string, ...args: string[]): Promise<string>
}

export function copyProject(files: Record<string, string>): ProjectCopy {
  const folder = projectFolder()
  for (const name of COPIED) {
    cpSync(join(PROJECT, name), join(folder.path, name), { recursive: true })
  }
  symlinkSync(join(PROJECT, 'node_modules'), join(folder.path, 'node_modules'))
  for (const [name, text] of Object.entries(files)) folder.write(name, text)
  return {
    ...folder,
    async run(script, ...args) {
      const path = join(folder.path, script)
      const ended = await promisify(execFile)(
        process.execPath,
        ['--import', 'tsx', path, ...args],
        {
          cwd: folder.path,
        },
      )
      return ended.stdout
    },
  }
}
