// docker-compose.yml against what it names: variables, commands, files; and against what it promises:
// no default password, no open port, nothing that runs as root of Terrace's own.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { environmentNames } from '../../connections/environment.ts'
import { buildProgram } from '../../orchestrator/cli/main.ts'
import { lane } from '../support/lanes.ts'
import { interpolated, readServices, type Service } from './compose-file.ts'
import { writeEnv } from './write-env.ts'

const FILE = 'docker-compose.yml'
const DATABASES = 'compose.databases.yml'
const SERVICES = readServices(FILE)
const OVERRIDES = readServices(DATABASES)
const OWN = Object.entries(SERVICES).filter(([, { image }]) => image?.startsWith('terrace:'))
const JOBS = ['migrate', 'metabase-provisioning']
const SECRET = /PASSWORD|_KEY$|TOKEN|APP_ID|CURRENCY_API/

/** Their images write to their own root when they start. */
const WRITABLE = ['metabase', 'kafka', 'clickhouse']

/** Of no program in particular: the names by which a proxy is told to all. */
const OF_EVERY_PROGRAM = ['HTTPS_PROXY', 'NO_PROXY']

/** Fixed in the image, such as its folders, or of no use where every engine is a server. */
const NOT_SET = [
  ...['TERRACE_HOME', 'TERRACE_WEB_HOST', 'TERRACE_WEB_PORT', 'TERRACE_DAGS_FOLDER'],
  ...['TERRACE_HOSTNAME', 'TERRACE_POSTGRES_PORT', 'TERRACE_CLICKHOUSE_PORT', 'WAREHOUSE_URL'],
  ...['KAFKA_SSL', 'KAFKA_SSL_CA', 'KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME'],
  ...['KAFKA_SASL_PASSWORD', 'KAFKA_TOPIC_PREFIX', 'KAFKA_REPLICATION_FACTOR'],
  'SHOP_SOURCES',
]

describe('docker-compose.yml', () => {
  it('sets every variable that Terrace reads, and no other', () => {
    for (const [name, { environment }] of OWN) {
      const unknown = Object.keys(environment).filter(
        (key) => !environmentNames.includes(key) && !OF_EVERY_PROGRAM.includes(key),
      )
      expect(unknown, name).toEqual([])
    }
    const set = new Set(OWN.flatMap(([, { environment }]) => Object.keys(environment)))
    expect(environmentNames.filter((name) => !set.has(name)).sort()).toEqual([...NOT_SET].sort())
    expect([...set]).toEqual(expect.arrayContaining(OF_EVERY_PROGRAM))
  })

  it.each(OWN)('runs in %s what the command line has', async (_name, { entrypoint, command }) => {
    if (entrypoint !== undefined) {
      const script = entrypoint.find((part) => part.endsWith('.ts'))
      expect(existsSync(script!), script).toBe(true)
      return
    }
    await expectCommand(command ?? [])
  })

  it('has a role of each kind and both jobs, and scales the worker', () => {
    expect(OWN.map(([name]) => name).sort()).toEqual(['scheduler', 'worker', 'web', ...JOBS].sort())
    for (const service of Object.values(SERVICES)) expect(service.container_name).toBeUndefined()
    expect(SERVICES.worker!.ports).toEqual([])
  })

  it('lets the account of each image write to what is in memory', () => {
    const places = Object.entries(SERVICES).flatMap(([name, { tmpfs }]) =>
      tmpfs.map((place) => `${name} ${place}`),
    )
    expect(places.length).toBeGreaterThan(OWN.length)
    // Without a mode it is root's, and only root may write.
    for (const place of places) expect(place).toMatch(/:(mode=1777|uid=1000,gid=1000,mode=0700)$/)
  })

  it('takes a Redis of which no hole is known', () => {
    const [, ...version] = /:(\d+)\.(\d+)\.(\d+)/.exec(SERVICES.redis!.image!)!.map(Number)
    const [major, minor, patch] = version as [number, number, number]
    // CVE-2025-49844 is mended in 7.2.11.
    expect(major * 1e6 + minor * 1e3 + patch).toBeGreaterThanOrEqual(7_002_011)
  })

  it('pins every image', () => {
    for (const [name, { image }] of Object.entries(SERVICES)) {
      expect(image, name).toMatch(/^[a-z/-]+:v?\d+\.\d+[\w.-]*$/)
    }
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    for (const [name, { image }] of OWN) expect(image, name).toBe(`terrace:${version}`)
  })

  it('needs every password from .env and has a default for none', () => {
    for (const { name, rest } of interpolated(FILE)) {
      if (SECRET.test(name)) expect(rest, name).toMatch(/^(:\?run npm run env|:-)$/)
    }
    const plain = Object.entries(SERVICES).flatMap(([service, { environment }]) =>
      Object.entries(environment)
        .filter(([name, value]) => /PASS|SECRET|AUTH/.test(name) && !value.startsWith('${'))
        .map(([name, value]) => `${service}: ${name}=${value}`),
    )
    expect(plain).toEqual([])
  })

  it('takes from .env what .env.example names, and npm run env fills in what it needs', () => {
    const example = readFileSync('.env.example', 'utf8')
    for (const { name } of interpolated(FILE)) {
      expect(example, name).toMatch(new RegExp(`^(# )?${name}=`, 'm'))
    }
    const needed = interpolated(FILE).filter(({ rest }) => rest.startsWith(':?'))
    const written = writeEnv(example)
    for (const { name } of needed) expect(written.env[name], name).toMatch(/^[\w-]{20,}$/)
  })

  it('nests no variable in the default of another, which older versions of compose take as text', () => {
    const nested = interpolated(FILE).filter(({ rest }) => rest.includes('$'))
    expect(nested).toEqual([])
  })

  it('opens the page and Metabase on loopback, and nothing else', () => {
    const ports = Object.entries(SERVICES).flatMap(([name, service]) =>
      service.ports.map((port) => `${name} ${port.replace(/\$\{\w+:-(\d+)\}/, '$1')}`),
    )
    expect(ports).toEqual(['web 127.0.0.1:8081:8081', 'metabase 127.0.0.1:3000:3000'])
    for (const name of ['postgres', 'redis', 'kafka', 'clickhouse']) {
      expect(SERVICES[name]!.networks, name).toEqual(['engines'])
    }
  })

  it('opens the engines on loopback with compose.databases.yml', () => {
    expect(Object.keys(OVERRIDES).sort()).toEqual(['clickhouse', 'kafka', 'postgres', 'redis'])
    for (const [name, { ports, networks }] of Object.entries(OVERRIDES)) {
      expect(
        ports.every((port) => port.startsWith('127.0.0.1:')),
        name,
      ).toBe(true)
      expect(networks, name).toContain('outside')
    }
  })

  it('gives nobody root or rights, and a file system to write to only where ADR 20 says why', () => {
    for (const [name, { user, read_only, cap_drop, security_opt }] of Object.entries(SERVICES)) {
      expect({ read_only, cap_drop, security_opt }, name).toEqual({
        read_only: !WRITABLE.includes(name),
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      })
      // The image that we build has an account of its own.
      if (!OWN.some(([own]) => own === name)) expect(user, name).toMatch(/^(?!0|root)[\w:]+$/)
    }
    const adr = readFileSync('docs/adr/0020-compose.md', 'utf8')
    const [, exceptions] = /file system they can write to:\s([^.]*)\./.exec(adr)!
    expect(exceptions!.match(/`\w+`/g)).toEqual(WRITABLE.map((name) => `\`${name}\``))
  })

  it('gives a signal to the server and not to a shell before it', () => {
    for (const [name, { command = [] }] of Object.entries(SERVICES)) {
      if (command[1] !== '-c' || command[0] !== 'sh') continue
      const script = command[2]!
      expect(script, name).toMatch(/^exec /)
      expect(script, name).not.toMatch(/[|;&]/)
    }
    expect(SERVICES.redis!.command![2]).toContain('requirepass $$REDISCLI_AUTH\n')
  })

  it('limits the memory of every container', () => {
    for (const [name, { mem_limit }] of Object.entries(SERVICES)) {
      expect(mem_limit, name).toMatch(/^\d+[mg]$/)
    }
  })

  it('waits for what is healthy or has ended well, which each can tell', () => {
    for (const [name, { depends_on }] of Object.entries(SERVICES)) {
      for (const [other, { condition }] of Object.entries(depends_on)) {
        const needed = SERVICES[other]!
        expect(needed, `${name} waits for ${other}`).toBeDefined()
        if (condition === 'service_completed_successfully') {
          expect(needed.restart, other).toBe('no')
        } else {
          expect(condition, `${name} waits for ${other}`).toBe('service_healthy')
          expect(isChecked(needed), other).toBe(true)
        }
      }
    }
    for (const role of ['scheduler', 'worker', 'web']) {
      expect(Object.keys(SERVICES[role]!.depends_on), role).toContain('migrate')
    }
  })

  it('checks the health of all that go on', () => {
    for (const [name, service] of Object.entries(SERVICES)) {
      expect(isChecked(service), name).toBe(!JOBS.includes(name))
    }
  })

  it('gives Metabase ten minutes for its first start', () => {
    const { start_period } = SERVICES.metabase!.healthcheck!
    expect(start_period).toMatch(/^\d+s$/)
    expect(Number.parseInt(start_period!, 10)).toBeGreaterThanOrEqual(600)
  })

  it('mounts files that exist', () => {
    const files = Object.values(SERVICES)
      .flatMap(({ volumes }) => volumes)
      .filter((volume) => volume.startsWith('./'))
      .map((volume) => volume.split(':')[0]!)
    expect(files.length).toBeGreaterThan(0)
    expect(files.filter((file) => !existsSync(file))).toEqual([])
  })
})

const compose = lane('docker-compose')
describe.skipIf(compose.missing)('docker-compose', () => {
  const config = async (files: string[], env: string) => {
    const { address } = await compose.start()
    const folder = mkdtempSync(join(tmpdir(), 'terrace-compose-'))
    const envFile = join(folder, 'env')
    writeFileSync(envFile, env)
    try {
      const args = files.flatMap((file) => ['-f', resolve(file)])
      return execFileSync(address, ['--env-file', envFile, ...args, 'config'], {
        cwd: folder,
        encoding: 'utf8',
        env: { PATH: process.env.PATH },
        stdio: 'pipe',
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  it.each([[[FILE]], [[FILE, DATABASES]]])(
    'accepts %j with what npm run env writes',
    async (files) => {
      const written = writeEnv(readFileSync('.env.example', 'utf8'))
      const printed = await config(files, written.text)
      expect(printed).toContain(`postgres://terrace:${written.env.POSTGRES_PASSWORD}@postgres:5432`)
    },
  )

  it('refuses to begin without passwords, and says what makes them', async () => {
    const example = readFileSync('.env.example', 'utf8')
    await expect(config([FILE], example)).rejects.toThrow(/run npm run env/)
  })
})

async function expectCommand(args: readonly string[]): Promise<void> {
  let command: Command = await buildProgram(args)
  for (const word of args) {
    const next = command.commands.find((verb) => verb.name() === word)
    if (next) command = next
    else if (word.startsWith('--')) {
      expect(command.options.map(({ long }) => long)).toContain(word)
    }
  }
  const words = args.filter((word) => /^[a-z]/.test(word))
  expect(words.at(-1)).toBe(command.name())
}

/** By itself, or by the image that we build. */
function isChecked({ image, healthcheck }: Service): boolean {
  if (healthcheck?.disable) return false
  return healthcheck?.test !== undefined || (image?.startsWith('terrace:') ?? false)
}
