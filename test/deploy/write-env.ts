// `npm run env` in a folder of the test's.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'

const SCRIPT = fileURLToPath(new URL('../../scripts/write-env.mjs', import.meta.url))

export interface Written {
  text: string
  env: NodeJS.Dict<string>
}

export function runWriteEnv(folder: string, ...args: string[]) {
  return spawnSync(process.execPath, [SCRIPT, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  })
}

/** The .env that is written beside this .env.example. */
export function writeEnv(example: string): Written {
  const folder = mkdtempSync(join(tmpdir(), 'terrace-env-'))
  try {
    writeFileSync(join(folder, '.env.example'), example)
    const { status, stderr } = runWriteEnv(folder)
    if (status !== 0) throw new Error(stderr)
    const text = readFileSync(join(folder, '.env'), 'utf8')
    return { text, env: parseEnv(text) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
