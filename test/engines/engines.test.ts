import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { attachEngines } from '../../connections/engines/attach-engines.ts'
import { inspectEngines } from '../../connections/engines/inspect-engines.ts'
import { startOf } from '../../connections/engines/live-process.ts'
import { hasEnded } from '../../connections/engines/postmaster.ts'
import { startEngines } from '../../connections/engines/start-engines.ts'
import { withEngines } from '../../connections/engines/with-engines.ts'
import { type Environment, loadEnvironment } from '../../connections/environment.ts'
import { temporaryFolder } from '../support/servers.ts'
import { until } from '../support/until.ts'
import { ask } from './owners.ts'

const home = temporaryFolder('engines')
const file = join(home, 'engines.json')
afterAll(() => rmSync(home, { recursive: true, force: true }))

// ClickHouse is named by a variable here: its own suite starts the embedded one.
function environment(values: Record<string, string> = {}): Environment {
  return loadEnvironment({
    TERRACE_HOME: home,
    CLICKHOUSE_URL: 'http://terrace:hidden@127.0.0.1:9/',
    ...values,
  })
}
const options = { postgresSettings: { fsync: 'off' } }

function startCommand(): ChildProcess {
  const entry = fileURLToPath(new URL('command-with-engines.ts', import.meta.url))
  return fork(entry, [home], { execArgv: ['--import', import.meta.resolve('tsx')], env: {} })
}

describe('The engines of a home', { timeout: 120_000 }, () => {
  test('They are found by other processes while they run, and not after', async () => {
    const env = environment()
    await expect(attachEngines(env)).rejects.toThrow(/DATABASE_URL.*terrace engines/)
    const engines = await startEngines(env, options)
    try {
      expect(statSync(file).mode & 0o777).toBe(0o600)
      expect(await attachEngines(env)).toEqual(engines.addresses)
      expect(await ask(engines.addresses.databaseUrl, 'select 1 as one')).toEqual([{ one: 1 }])
      expect(engines.reports.map(({ role, ok }) => [role, ok])).toEqual([
        ['postgres', true],
        ['warehouse', true],
        ['queue', true],
        ['event_log', true],
        ['clickhouse', false],
      ])
      expect(JSON.stringify(engines.reports)).not.toMatch(/hidden/)
    } finally {
      await engines.stop()
      await engines.stop()
    }
    expect(existsSync(file)).toBe(false)
    await expect(attachEngines(env)).rejects.toThrow(/terrace engines/)
  })

  test('Their file names the process that took the place of one that ended', async () => {
    const engines = await startEngines(environment(), options)
    const pid = (): number => JSON.parse(readFileSync(file, 'utf8')).pids.postgres
    try {
      const before = pid()
      process.kill(before, 'SIGKILL')
      const after = await until('another is named', async () => pid() !== before && pid())
      expect(startOf(after)).not.toBeNull()
    } finally {
      await engines.stop()
    }
  })

  test('A second owner of the same home is refused with the pid of the first', async () => {
    const engines = await startEngines(environment(), options)
    try {
      await expect(startEngines(environment(), options)).rejects.toThrow(
        new RegExp(`already run by pid ${process.pid}.*TERRACE_HOME`),
      )
      expect(await ask(engines.addresses.databaseUrl, 'select 1 as one')).toEqual([{ one: 1 }])
    } finally {
      await engines.stop()
    }
  })

  test('A command uses running engines, or runs them while it works', async () => {
    const env = environment()
    const alone = await withEngines(
      env,
      async ({ databaseUrl }) => {
        expect(existsSync(file)).toBe(true)
        return ask(databaseUrl, 'select 1 as one')
      },
      options,
    )
    expect(alone).toEqual([{ one: 1 }])
    expect(existsSync(file)).toBe(false)
    const engines = await startEngines(env, options)
    try {
      await withEngines(env, async (addresses) => expect(addresses).toEqual(engines.addresses))
      expect(existsSync(file)).toBe(true)
    } finally {
      await engines.stop()
    }
  })

  test('A command that started the engines waits for another that uses them', async () => {
    let answer: Promise<unknown[]> | undefined
    let user: ChildProcess | undefined
    const log = (line: string) => {
      if (/Other commands use these engines/.test(line)) user?.send('finish')
    }
    await withEngines(
      environment(),
      async () => {
        user = startCommand()
        await once(user, 'message')
        answer = once(user, 'message')
      },
      { ...options, log },
    )
    expect(await answer).toEqual([[{ one: 1 }], undefined])
  })

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s of a command stops what it started',
    async (name) => {
      const child = startCommand()
      await once(child, 'message')
      const { pids } = JSON.parse(readFileSync(file, 'utf8')) as { pids: { postgres: number } }
      const server = { pid: pids.postgres, start: startOf(pids.postgres) ?? '' }
      child.kill(name)
      const [, signal] = await once(child, 'exit')
      expect(signal).toBe(name)
      expect(await hasEnded(server, 0)).toBe(true)
      expect(existsSync(file)).toBe(false)
    },
  )

  test('What kill -9 leaves of an owner is cleared by the next start', async () => {
    const child = fork(fileURLToPath(new URL('command-with-engines.ts', import.meta.url)), [home], {
      execArgv: ['--import', import.meta.resolve('tsx')],
      env: {},
    })
    await once(child, 'message')
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(existsSync(file)).toBe(true)
    await expect(attachEngines(environment())).rejects.toThrow(`pid ${child.pid}, is gone`)
    const engines = await startEngines(environment(), options)
    expect(await ask(engines.addresses.databaseUrl, 'select 1 as one')).toEqual([{ one: 1 }])
    await engines.stop()
  })
})

describe('A report on the engines', () => {
  test('It says of a missing server what was tried and which variable names it', async () => {
    const reports = await inspectEngines(
      environment({
        DATABASE_URL: 'postgres://someone:hidden@127.0.0.1:9/none',
        REDIS_URL: 'redis://:hidden@127.0.0.1:9',
        KAFKA_BROKERS: '127.0.0.1:9',
      }),
    )
    const problems = Object.fromEntries(reports.map(({ role, problem }) => [role, problem]))
    expect(problems.postgres).toMatch(/127\.0\.0\.1:9.*DATABASE_URL.*ECONNREFUSED/)
    expect(problems.queue).toMatch(/127\.0\.0\.1:9.*REDIS_URL.*ECONNREFUSED/)
    expect(problems.event_log).toMatch(/127\.0\.0\.1:9.*KAFKA_BROKERS.*ECONNREFUSED/)
    expect(problems.clickhouse).toMatch(/127\.0\.0\.1:9.*CLICKHOUSE_URL.*ECONNREFUSED/)
    expect(JSON.stringify(reports)).not.toMatch(/hidden/)
  })

  test('A database named by a variable serves as warehouse, queue and event log too', async () => {
    const reports = await inspectEngines(environment({ DATABASE_URL: inject('postgresUrl') }))
    for (const role of ['postgres', 'warehouse', 'queue', 'event_log']) {
      expect(reports.find((report) => report.role === role)).toMatchObject({
        source: 'DATABASE_URL',
        ok: true,
        version: expect.stringMatching(/PostgreSQL 18/),
      })
    }
  })
})
