import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { environmentNames } from '../../connections/environment.ts'
import { readServices } from './compose-file.ts'
import { runWriteEnv } from './write-env.ts'

const EXAMPLE = readFileSync('.env.example', 'utf8')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'terrace-env-'))
  writeFileSync(join(folder, '.env.example'), EXAMPLE)
})
afterEach(() => rmSync(folder, { recursive: true }))

const file = () => join(folder, '.env')
const env = () => parseEnv(readFileSync(file(), 'utf8'))

describe('npm run env', () => {
  it('writes a .env that its user alone can read, every password another one', () => {
    const { status, stdout } = runWriteEnv(folder)
    expect(status).toBe(0)
    expect(statSync(file()).mode & 0o777).toBe(0o600)
    const values = Object.values(env())
    expect(values.length).toBeGreaterThan(6)
    expect(new Set(values).size).toBe(values.length)
    // Metabase wants a digit in its own.
    expect(env().METABASE_PASSWORD).toMatch(/\d/)
    for (const value of values) {
      expect(value).toMatch(/^[\w-]{20,}$/)
      expect(stdout).not.toContain(value)
    }
    expect(readdirSync(folder).sort()).toEqual(['.env', '.env.example'])
  })

  it('needs no packages', () => {
    mkdirSync(join(folder, 'scripts'))
    copyFileSync('scripts/write-env.mjs', join(folder, 'scripts/write-env.mjs'))
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Record<string, string>
    }
    const { status, stderr } = spawnSync('sh', ['-c', scripts.env!], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(env().POSTGRES_PASSWORD).toMatch(/^[\w-]{20,}$/)
  })

  it('lets the accounts of the images read what is mounted', () => {
    const mounted = Object.values(readServices('docker-compose.yml'))
      .flatMap(({ volumes }) => volumes ?? [])
      .map((volume) => volume.split(':')[0]!)
      .filter((path) => path.startsWith('./'))
    expect(mounted.length).toBeGreaterThan(1)
    for (const path of mounted) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      // As git makes it under umask 077.
      writeFileSync(join(folder, path), '', { mode: 0o600 })
    }
    expect(runWriteEnv(folder).status).toBe(0)
    for (const path of mounted) expect(statSync(join(folder, path)).mode & 0o044).toBe(0o044)
  })

  it('changes nothing the second time', () => {
    runWriteEnv(folder)
    const before = readFileSync(file(), 'utf8')
    expect(runWriteEnv(folder).stdout).toMatch(/unchanged/)
    expect(readFileSync(file(), 'utf8')).toBe(before)
  })

  it('adds to a .env what it lacks, and keeps the rest of it', () => {
    const own = '# mine\nPOSTGRES_PASSWORD=kept\nREDIS_PASSWORD=\nOTHER="two words"'
    writeFileSync(file(), own)
    chmodSync(file(), 0o644)
    const { stdout } = runWriteEnv(folder)
    expect(stdout).toMatch(/^Added to \.env: REDIS_PASSWORD, /)
    expect(stdout).not.toContain('POSTGRES_PASSWORD')
    expect(readFileSync(file(), 'utf8')).toMatch(
      /^# mine\nPOSTGRES_PASSWORD=kept\nREDIS_PASSWORD=\w+\n/,
    )
    expect(env()).toMatchObject({ POSTGRES_PASSWORD: 'kept', OTHER: 'two words' })
    expect(env().CLICKHOUSE_PASSWORD).toMatch(/^\w+$/)
    expect(statSync(file()).mode & 0o777).toBe(0o600)
  })

  it('says where to run it when there is nothing to begin with', () => {
    rmSync(join(folder, '.env.example'))
    const { status, stderr } = runWriteEnv(folder)
    expect(status).toBe(1)
    expect(stderr).toMatch(/No \.env was written: .*\.env\.example.*folder of the checkout/)
    expect(existsSync(file())).toBe(false)
  })
})

describe('.env.example', () => {
  it('names every variable, below a comment that says what it is', () => {
    const blocks = EXAMPLE.split(/\n\n+/)
    for (const name of environmentNames) {
      const block = blocks.find((text) => new RegExp(`^(# )?${name}=`, 'm').test(text))
      expect(block, name).toBeDefined()
      expect(block, name).toMatch(/^# [A-Z].*\w/)
    }
  })

  it('holds no password', () => {
    const set = Object.values(parseEnv(EXAMPLE)).filter((value) => value !== '')
    expect(set).toEqual([])
  })
})
