// `terrace init`: a project that loads, and whose types are checked.

import { execFile } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ProjectFolder, projectFolder } from '../support/project-folder.ts'
import { terraceHere } from './terrace.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const SDK = join(ROOT, 'orchestrator/sdk/index.ts')

describe('init', () => {
  let project: ProjectFolder
  beforeEach(() => {
    project = projectFolder({ 'package.json': '{"name": "mine"}' })
  })
  afterEach(() => project.remove())

  /** What the project's own compiler would say; `terrace/sdk` is the SDK of this checkout. */
  async function typeErrors(): Promise<string> {
    const config = {
      extends: './tsconfig.json',
      // A package brings declarations; the sources of the SDK need a newer library than its users.
      compilerOptions: { paths: { 'terrace/sdk': [SDK] }, lib: ['es2023', 'es2024.string'] },
      include: ['dags'],
    }
    project.write('tsconfig.test.json', JSON.stringify(config))
    const arguments_ = [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.test.json']
    return promisify(execFile)(process.execPath, arguments_, { cwd: project.path }).then(
      ({ stdout }) => stdout,
      (error: { stdout: string }) => error.stdout,
    )
  }

  test('writes a project whose types are checked, and overwrites nothing', async () => {
    const terrace = terraceHere({ cwd: project.path })
    expect((await terrace('init')).code).toBe(0)
    symlinkSync(join(ROOT, 'node_modules'), join(project.path, 'node_modules'))
    const hello = await readFile(join(project.path, 'dags/hello.ts'), 'utf8')
    expect(hello).toContain("from 'terrace/sdk'")
    expect(await typeErrors()).toBe('')

    project.write('dags/hello.ts', hello.replace('{ text: string } }', '{ text: number } }'))
    expect(await typeErrors()).toContain('dags/hello.ts')

    const second = await terrace('init')
    expect(second).toMatchObject({ code: 2, stderr: expect.stringContaining('dags/hello.ts') })
  })

  test('leaves the settings of a project that there is already, and says what belongs in them', async () => {
    project.write('tsconfig.json', '{}')
    project.write('.gitignore', 'node_modules/')
    const { code, stdout } = await terraceHere({ cwd: project.path })('init')
    expect(code).toBe(0)
    expect(stdout).toMatch(/kept tsconfig\.json: .*allowImportingTsExtensions/)
    expect(stdout).toMatch(/kept \.gitignore: .*\.terrace\//)
    expect(await readFile(join(project.path, 'tsconfig.json'), 'utf8')).toBe('{}')
  })
})
