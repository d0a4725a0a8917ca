// The Dockerfile without a daemon: its stages, what it copies, what is left out, and the health check.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ProcessKind, registerProcess } from '../../orchestrator/store/processes.ts'
import { type ControlPlane, freshControlPlane } from '../support/control-plane.ts'
import { lane } from '../support/lanes.ts'
import { readServices } from './compose-file.ts'

const DOCKERFILE = 'deploy/Dockerfile'
const TEXT = readFileSync(DOCKERFILE, 'utf8')
const LINES = TEXT.replace(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => /^[A-Z]/.test(line))
const of = (instruction: string) => LINES.filter((line) => line.startsWith(`${instruction} `))
const ALLOWED = readFileSync('.dockerignore', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1))

describe('The image', () => {
  it('is built in stages on pinned, slim images of the same Node', () => {
    const bases = of('FROM').map((line) => line.split(' ')[1])
    expect(bases).toHaveLength(2)
    expect(new Set(bases).size).toBe(1)
    expect(bases[0]).toMatch(/^node:\d+\.\d+\.\d+-bookworm-slim$/)
    for (const [, stage] of TEXT.matchAll(/--from=(\w+)/g)) {
      expect(TEXT).toMatch(new RegExp(`^FROM .* AS ${stage}$`, 'm'))
    }
  })

  it('copies what exists and is not left out', () => {
    expect(readFileSync('.dockerignore', 'utf8')).toMatch(/^\*$/m)
    const sources = of('COPY')
      .filter((line) => !line.includes('--from'))
      .flatMap((line) => line.split(/\s+/).slice(1, -1))
      .filter((source) => source !== '.')
    expect(sources).toContain('package-lock.json')
    expect(sources.filter((source) => !ALLOWED.includes(source))).toEqual([])
    expect(ALLOWED.filter((path) => !existsSync(path))).toEqual([])
  })

  it('takes in all that its commands read, and nothing of this machine', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Record<string, string>
    }
    for (const [, script] of TEXT.matchAll(/npm run ([\w:]+)/g)) {
      expect(scripts[script!], script).toBeDefined()
    }
    const read = ['dags', 'tasks', 'generators', 'sql', 'seeds', 'metabase', 'web', 'connections']
    expect(ALLOWED).toEqual(expect.arrayContaining([...read, 'orchestrator', 'scripts', 'deploy']))
    expect(
      ALLOWED.filter((path) => /^(\.env|\.git|\.terrace|node_modules|test)/.test(path)),
    ).toEqual([])
  })

  it('holds no embedded engine', () => {
    const { optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      optionalDependencies: Record<string, string>
    }
    const folders = Object.keys(optionalDependencies).map((name) => name.split('/')[0]!)
    const last = of('RUN').findLast((line) => line.includes('npm prune'))!
    const removed = last.slice(last.indexOf('npm prune'))
    for (const folder of new Set(folders)) expect(removed).toContain(`node_modules/${folder}`)
  })

  it('can be read by its account, whatever the umask of the checkout', () => {
    const built = of('RUN').join('\n')
    expect(built).toMatch(/chmod -R a\+rX \./)
  })

  it('does not run as root', () => {
    expect(of('USER')).toEqual(['USER 1000:1000'])
    const entry = of('ENTRYPOINT')[0]!
    expect(LINES.indexOf('USER 1000:1000')).toBeLessThan(LINES.indexOf(entry))
    expect(existsSync((JSON.parse(entry.slice(11)) as string[])[1]!)).toBe(true)
  })

  it('is what docker-compose.yml builds', () => {
    const services = Object.entries(readServices('docker-compose.yml'))
    const builders = services.filter(([, { build }]) => build !== undefined)
    // One alone: Docker refuses several builds of one tag at once.
    expect(builders.map(([name, { build }]) => [name, build])).toEqual([
      ['migrate', { context: '.', dockerfile: DOCKERFILE }],
    ])
  })
})

const hadolint = lane('hadolint')
describe.skipIf(hadolint.missing)('hadolint', () => {
  it('finds nothing in the Dockerfile', async () => {
    const { address } = await hadolint.start()
    expect(execFileSync(address, [DOCKERFILE], { encoding: 'utf8' })).toBe('')
  })
})

describe('The health check of a container', () => {
  let metadata: ControlPlane
  beforeAll(async () => {
    metadata = await freshControlPlane()
  })
  afterAll(() => metadata?.close())

  const register = (kind: ProcessKind, name: string) =>
    registerProcess(metadata.pool, { kind, hostname: name, pid: 1, version: '0', leaseSeconds: 60 })
  const lapse = (id: string) =>
    metadata.pool.query(
      `update terrace.process set lease_until = clock_timestamp() - interval '1 s' where id = $1`,
      [id],
    )
  const check = (env: Record<string, string>) =>
    spawnSync(process.execPath, ['deploy/is-healthy.mjs'], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, DATABASE_URL: metadata.database.url, ...env },
    })

  it('passes while every process of the container holds its lease', async () => {
    expect(check({ TERRACE_HOSTNAME: 'a' })).toMatchObject({ status: 1 })
    await register('worker', 'b')
    expect(check({ TERRACE_HOSTNAME: 'a' }).stderr).toMatch(/no process has registered/)
    const scheduler = await register('scheduler', 'a')
    const processor = await register('dag_processor', 'a')
    expect(check({ TERRACE_HOSTNAME: 'a' })).toMatchObject({ status: 0, stderr: '' })
    await lapse(processor)
    expect(check({ TERRACE_HOSTNAME: 'a' }).stderr).toBe('No lease is held: dag_processor.\n')
    await register('dag_processor', 'a')
    expect(check({ TERRACE_HOSTNAME: 'a' }).status).toBe(0)
    await lapse(scheduler)
    expect(check({ TERRACE_HOSTNAME: 'a' }).status).toBe(1)
  })

  it('goes by the name of the machine when none is set', async () => {
    await register('web', hostname())
    expect(check({ TERRACE_HOSTNAME: '' }).status).toBe(0)
  })

  it('fails within seconds, without the password, when Postgres is away', () => {
    const url = 'postgres://terrace:hidden-one@127.0.0.1:1/terrace'
    const { status, stderr } = check({ DATABASE_URL: url })
    expect(status).toBe(1)
    expect(stderr).toMatch(/DATABASE_URL.*ECONNREFUSED/)
    expect(stderr).not.toContain('hidden-one')
  })
})
