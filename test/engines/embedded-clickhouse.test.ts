import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { startEmbeddedClickHouse } from '../../connections/engines/embedded-clickhouse.ts'
import { engineAccount, engineFolder } from '../../connections/engines/engine-account.ts'
import { isAlive, type ProcessIdentity, startOf } from '../../connections/engines/live-process.ts'
import { freePort } from '../../connections/engines/ports.ts'
import { hasEnded } from '../../connections/engines/postmaster.ts'
import { temporaryFolder } from '../support/servers.ts'

const home = temporaryFolder('clickhouse')
afterAll(() => rmSync(home, { recursive: true, force: true }))

async function ask(url: string, sql: string): Promise<string> {
  const { origin, username, password } = new URL(url)
  const response = await fetch(origin, {
    method: 'POST',
    body: sql,
    headers: { 'x-clickhouse-user': username, 'x-clickhouse-key': password },
  })
  return (await response.text()).trim()
}

function identityOf(pid: number): ProcessIdentity {
  return { pid, start: startOf(pid) ?? 'gone' }
}

async function startCommand(port: number): Promise<{ child: ChildProcess; pids: number[] }> {
  const child = fork(
    fileURLToPath(new URL('command-with-engines.ts', import.meta.url)),
    [home, String(port)],
    { execArgv: ['--import', import.meta.resolve('tsx')], env: {} },
  )
  await once(child, 'message')
  const file = JSON.parse(readFileSync(join(home, 'engines.json'), 'utf8')) as {
    pids: Record<string, number>
  }
  return { child, pids: Object.values(file.pids) }
}

function statusOf(pid: number): string {
  return readFileSync(`/proc/${pid}/status`, 'utf8')
}

describe.skipIf(process.getuid?.() !== 0 || process.platform !== 'linux')(
  'Embedded ClickHouse of root',
  { timeout: 120_000 },
  () => {
    const places: string[] = []
    afterAll(() => {
      for (const place of places) rmSync(place, { recursive: true, force: true })
    })

    test.each([
      ['in an open folder, whose data root had made', 0o755],
      ['in a folder that only root can enter', 0o700],
    ])('It runs as another user with no right of root: %s', async (_, mode) => {
      const root = temporaryFolder('root')
      places.push(root)
      chmodSync(root, mode)
      const place = join(root, '.terrace')
      if (mode === 0o755) {
        mkdirSync(place)
        for (const made of ['clickhouse', 'clickhouse/data']) mkdirSync(join(place, made), 0o700)
        writeFileSync(join(place, 'clickhouse/data/left'), '')
      }
      for (const kept of ['', '42']) {
        const engine = await startEmbeddedClickHouse({ home: place, port: 0, log: () => {} })
        try {
          const { uid, gid, name } = engineAccount()!
          expect(name).not.toBe('root')
          const status = statusOf(engine.pid())
          expect(status).toMatch(new RegExp(`^Uid:\\t${uid}\\t${uid}\\t${uid}\\t${uid}$`, 'm'))
          expect(status).toMatch(new RegExp(`^Gid:\\t${gid}\\t${gid}\\t${gid}\\t${gid}$`, 'm'))
          expect(status).toMatch(new RegExp(`^Groups:\\t${gid} *$`, 'm'))
          expect(status).toMatch(/^CapEff:\t0+$/m)
          if (kept === '') {
            const table = 'create table marts.kept engine = MergeTree order by () as select 42 as a'
            expect(await ask(engine.url, table)).toBe('')
          }
          expect(await ask(engine.url, 'select a from marts.kept')).toBe('42')
          const folder = engineFolder(place, 'clickhouse')
          if (mode === 0o700) places.push(dirname(folder))
          expect(folder.startsWith(root)).toBe(mode === 0o755)
          expect(statSync(join(folder, 'data')).uid).toBe(uid)
        } finally {
          await engine.stop()
        }
      }
    })
  },
)

// Several starts each: on a busy machine more than the usual limit.
describe('Embedded ClickHouse', { timeout: 120_000 }, () => {
  test('It answers with its password only, keeps data, and leaves no process', async () => {
    const first = await startEmbeddedClickHouse({ home, port: 0, log: () => {} })
    const front = identityOf(first.pid())
    await ask(first.url, 'create table marts.kept engine = MergeTree order by () as select 42 as a')
    expect(await ask(first.url.replace(/:[^:@]+@/, ':guess@'), 'select 1')).toMatch(
      /Authentication failed/,
    )
    expect(statSync(join(home, 'clickhouse', 'password')).mode & 0o777).toBe(0o600)
    await first.stop()
    expect(isAlive(front)).toBe(false)
    const second = await startEmbeddedClickHouse({ home, port: 0, log: () => {} })
    expect(await ask(second.url, 'select a from marts.kept')).toBe('42')
    await second.stop()
  })

  test('A front that dies is started again at the same address', async () => {
    let announce = () => {}
    const again = new Promise<void>((resolve) => {
      announce = resolve
    })
    const log = (line: string) => {
      if (/runs again/.test(line)) announce()
    }
    const engine = await startEmbeddedClickHouse({ home, port: 0, log })
    process.kill(engine.pid(), 'SIGKILL')
    await again
    expect(await ask(engine.url, 'select 1')).toBe('1')
    await engine.stop()
  })

  test('A taken port is an error that names its holder and the variable that moves it', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const address = holder.address()
    const port = typeof address === 'object' && address ? address.port : 0
    try {
      await expect(startEmbeddedClickHouse({ home, port, log: () => {} })).rejects.toThrow(
        new RegExp(`127.0.0.1:${port}: .* pid ${process.pid} .*TERRACE_CLICKHOUSE_PORT`),
      )
    } finally {
      holder.close()
    }
  })

  test('After kill -9 of the owner a start on the same port works at once', async () => {
    const port = await freePort()
    const first = await startCommand(port)
    first.child.kill('SIGKILL')
    await once(first.child, 'exit')
    const second = await startCommand(port)
    const engines = second.pids.map(identityOf)
    expect(engines).toHaveLength(2)
    second.child.kill('SIGTERM')
    await once(second.child, 'exit')
    expect(engines.filter(isAlive)).toEqual([])
  })

  test('After kill -9 of the owner all its engines end within 5 s', async () => {
    const { child, pids } = await startCommand(await freePort())
    const engines = pids.map(identityOf)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const ended = await Promise.all(engines.map((engine) => hasEnded(engine, 5_000)))
    expect(ended).toEqual([true, true])
  })
})

test('A child of ours ends within 5 s of losing its parent', async () => {
  const parent = fork(fileURLToPath(new URL('child-with-parent.ts', import.meta.url)), ['parent'], {
    execArgv: ['--import', import.meta.resolve('tsx')],
  })
  const [pid] = await once(parent, 'message')
  const child = identityOf(Number(pid))
  expect(isAlive(child)).toBe(true)
  parent.kill('SIGKILL')
  expect(await hasEnded(child, 5_000)).toBe(true)
})
