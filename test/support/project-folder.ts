// A project's folder of a test's own: package.json and whatever files the test gives it.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface ProjectFolder {
  path: string
  write(name: string, text: string): void
  remove(): void
}

export function projectFolder(files: Record<string, string> = {}): ProjectFolder {
  const path = mkdtempSync(join(tmpdir(), 'terrace-project-'))
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), text)
  }
  for (const [name, text] of Object.entries(files)) write(name, text)
  return { path, write, remove: () => rmSync(path, { recursive: true, force: true }) }
}
