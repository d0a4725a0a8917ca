// Servers that cannot be used as they are: the error says why, and what to set.

import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { inspectEngines } from '../../connections/engines/index.ts'
import { missingEngines } from '../../connections/engines/missing-engines.ts'
import { freePort } from '../../connections/engines/ports.ts'
import { loadEnvironment } from '../../connections/environment.ts'
import { openTaskQueue } from '../../orchestrator/queue/index.ts'
import { startOwnedServer } from '../../scripts/owned-server.ts'
import { makeCertificates } from '../support/certificates.ts'
import { lane } from '../support/lanes.ts'
import {
  startDebianPostgres,
  startRedis,
  type TestServer,
  temporaryFolder,
} from '../support/servers.ts'

const started: TestServer<string>[] = []
const folders: string[] = []
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()))
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

async function startedAt<T extends TestServer<string>>(server: Promise<T>): Promise<string> {
  const running = await server
  started.push(running)
  return running.address
}

async function reportOf(role: string, variables: NodeJS.ProcessEnv) {
  const env = loadEnvironment({ TERRACE_HOME: '/nowhere', ...variables })
  return (await inspectEngines(env)).find((report) => report.role === role)
}

describe.skipIf(lane('redis').missing)('A Redis that cannot carry the queue', () => {
  async function refused(redisUrl: string): Promise<string> {
    const opening = openTaskQueue({ redisUrl, databaseUrl: 'postgres://127.0.0.1:1/unused' })
    const error = await opening.then(
      (queue) => queue.close().then(() => new Error('It was taken.')),
      (cause: Error) => cause,
    )
    const report = await reportOf('queue', { REDIS_URL: redisUrl })
    expect(report?.ok).toBe(false)
    return `${error.message}\n${report?.problem}`
  }
  const both = (text: RegExp) => new RegExp(`${text.source}[\\s\\S]*\\n[\\s\\S]*${text.source}`)

  it('has no database of that number', async () => {
    const url = await startedAt(startRedis())
    const text = await refused(url.replace(/0$/, '99'))
    expect(text).toMatch(both(/no database 99/))
    expect(text).toMatch(/REDIS_URL/)
  })

  it('is a node of a Cluster', async () => {
    const url = await startedAt(startRedis(['--cluster-enabled', 'yes']))
    expect(await refused(url)).toMatch(both(/cluster mode disabled/))
  })

  it('is a replica', async () => {
    const url = await startedAt(startRedis(['--replicaof', '127.0.0.1', '1']))
    expect(await refused(url)).toMatch(both(/it is a replica/))
  })

  it('is a Sentinel', async () => {
    const folder = temporaryFolder('sentinel')
    folders.push(folder)
    const port = await freePort()
    const config = join(folder, 'sentinel.conf')
    writeFileSync(config, `port ${port}\nbind 127.0.0.1\nsentinel monitor m 127.0.0.1 1 1\n`)
    const server = await startOwnedServer({
      name: 'Sentinel',
      command: 'redis-server',
      args: [config, '--sentinel'],
      ready: /Sentinel ID is/,
    })
    const url = await startedAt(
      Promise.resolve({ address: `redis://127.0.0.1:${port}`, stop: server.stop }),
    )
    expect(await refused(url)).toMatch(both(/it is a Sentinel/))
  })

  it('drops entries when it is full, which doctor says', async () => {
    const url = await startedAt(startRedis(['--maxmemory-policy', 'allkeys-lru']))
    expect(await reportOf('queue', { REDIS_URL: url })).toMatchObject({
      ok: true,
      version: expect.stringMatching(/allkeys-lru.*set it to noeviction/),
    })
  })
})

describe.skipIf(lane('postgres15').missing)(
  'A Postgres with a certificate of a private authority',
  () => {
    it('says how it is trusted, and is used then', async () => {
      const folder = temporaryFolder('postgres-tls')
      folders.push(folder)
      const certificates = makeCertificates(folder)
      const ca = join(folder, 'trusted.pem')
      writeFileSync(ca, certificates.ca)
      chmodSync(ca, 0o644)
      const url = await startedAt(startDebianPostgres(certificates))
      const report = (DATABASE_URL: string) => reportOf('postgres', { DATABASE_URL })
      expect(await report(`${url}?sslmode=require`)).toMatchObject({
        ok: false,
        problem: expect.stringMatching(/sslmode=verify-full&sslrootcert=.*uselibpqcompat=true/),
      })
      for (const parameters of [
        `sslmode=verify-full&sslrootcert=${ca}`,
        'uselibpqcompat=true&sslmode=require',
      ]) {
        expect(await report(`${url}?${parameters}`), parameters).toMatchObject({ ok: true })
      }
      const byAddress = `${url.replace('localhost', '127.0.0.1')}?sslmode=verify-full&sslrootcert=${ca}`
      expect((await report(byAddress))?.problem).toMatch(/certificate is of another host name/)
    })
  },
)

describe('Addresses', () => {
  it.each([
    ['CLICKHOUSE_URL', 'http://host:8123/analytics', /must name no database, or marts/],
    ['TERRACE_PAGE_URL', 'https://host/terrace', /must have no path/],
  ])('%s refuses %s and says why', (name, value, reason) => {
    expect(() => loadEnvironment({ [name]: value })).toThrow(reason)
    expect(() => loadEnvironment({ [name]: new URL(value).origin })).not.toThrow()
  })

  it('an engine that is named needs no package of its own', () => {
    const named = { DATABASE_URL: 'postgres://h/d', CLICKHOUSE_URL: 'http://h:8123' }
    expect(missingEngines(named)).toEqual([])
  })
})
