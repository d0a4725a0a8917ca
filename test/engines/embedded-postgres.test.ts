import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../connections/engines/embedded-postgres.ts'
import { isAlive, startOf } from '../../connections/engines/live-process.ts'
import { hasEnded } from '../../connections/engines/postmaster.ts'
import { temporaryFolder } from '../support/servers.ts'
import { ask, startOwner } from './owners.ts'

// One data folder for the file, started again and again: initdb takes longest.
const home = temporaryFolder('embedded')
const data = join(home, 'postgres', 'data')
const settings = { fsync: 'off' }
afterAll(() => rmSync(home, { recursive: true, force: true }))

async function running<T>(
  work: (engine: EmbeddedPostgres) => Promise<T>,
  options: { port?: number; log?: (line: string) => void } = {},
): Promise<T> {
  const engine = await startEmbeddedPostgres({ home, settings, ...options })
  try {
    return await work(engine)
  } finally {
    await engine.stop()
  }
}

describe('Embedded Postgres', { timeout: 120_000 }, () => {
  beforeAll(() => running((engine) => ask(engine.url, 'create table kept as select 42 as answer')))

  test('It speaks UTF8 and UTC, asks for a password, and keeps it to its user', async () => {
    await running(async (engine) => {
      const [row] = await ask(
        engine.url,
        `select current_setting('server_encoding') as encoding, current_setting('timezone') as zone,
           (select datlocale from pg_database where datname = current_database()) as locale`,
      )
      expect(row).toEqual({ encoding: 'UTF8', zone: 'UTC', locale: 'C.UTF-8' })
      const url = new URL(engine.url)
      url.password = 'guess'
      await expect(ask(url.href, 'select 1')).rejects.toThrow(/password authentication failed/)
      expect(statSync(join(engine.folder, 'password')).mode & 0o777).toBe(0o600)
      expect(statSync(data).mode & 0o777).toBe(0o700)
    })
  })

  test('Stop leaves no process, and the next start goes on with the same data and port', async () => {
    const first = await running(async (engine) => {
      const server = { pid: engine.pid(), start: startOf(engine.pid()) ?? '' }
      expect(isAlive(server)).toBe(true)
      return { server, url: engine.url }
    })
    expect(isAlive(first.server)).toBe(false)
    await running(async (engine) => {
      expect(engine.url).toBe(first.url)
      expect(await ask(engine.url, 'table kept')).toEqual([{ answer: 42 }])
    })
  })

  test('It starts in an empty environment', async () => {
    const owner = await startOwner(home)
    expect(await ask(owner.url, 'table kept')).toEqual([{ answer: 42 }])
    await owner.stop()
    expect(isAlive(owner.server)).toBe(false)
  })

  test('A server left by kill -9 of its owner is adopted by the next start', async () => {
    const owner = await startOwner(home)
    owner.process.kill('SIGKILL')
    await once(owner.process, 'exit')
    await running(async (engine) => {
      expect(engine.adopted).toBe(true)
      expect(engine.pid()).toBe(owner.pid)
      // The watchdog of the dead owner has left it alone.
      expect(await hasEnded(owner.server, 3_500)).toBe(false)
      expect(await ask(engine.url, 'table kept')).toEqual([{ answer: 42 }])
    })
    expect(isAlive(owner.server)).toBe(false)
  })

  test('A server that lost its owner and is not adopted ends within 5 s', async () => {
    const owner = await startOwner(home)
    owner.process.kill('SIGKILL')
    expect(await hasEnded(owner.server, 5_000)).toBe(true)
    expect(existsSync(join(data, 'postmaster.pid'))).toBe(false)
  })

  test('A pid file that names another process does not stop the start', async () => {
    const lines = [process.pid, data, 1, 5432, '', '127.0.0.1', '', 'ready', '']
    writeFileSync(join(data, 'postmaster.pid'), lines.join('\n'))
    await running(async (engine) => {
      expect(engine.adopted).toBe(false)
      expect(engine.pid()).not.toBe(process.pid)
    })
  })

  test('A server that dies is started again', async () => {
    let announce = () => {}
    const again = new Promise<void>((resolve) => {
      announce = resolve
    })
    const log = (line: string) => {
      if (/runs again/.test(line)) announce()
    }
    await running(
      async (engine) => {
        const before = engine.pid()
        process.kill(before, 'SIGKILL')
        await again
        expect(engine.pid()).not.toBe(before)
        expect(await ask(engine.url, 'table kept')).toEqual([{ answer: 42 }])
      },
      { log },
    )
  })

  test('A taken port is an error that names its holder and the variable that moves it', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const address = holder.address()
    const port = typeof address === 'object' && address ? address.port : 0
    try {
      await expect(startEmbeddedPostgres({ home, port })).rejects.toThrow(
        new RegExp(`127.0.0.1:${port}: .* pid ${process.pid} .*TERRACE_POSTGRES_PORT`),
      )
    } finally {
      holder.close()
    }
  })

  test('A taken port of its own choice is replaced by a free one', async () => {
    const port = Number(readFileSync(join(home, 'postgres', 'port'), 'utf8'))
    const holder = createServer().listen(port, '127.0.0.1')
    await once(holder, 'listening')
    try {
      await running(async (engine) => expect(Number(new URL(engine.url).port)).not.toBe(port))
    } finally {
      holder.close()
    }
  })

  test('A lost password is replaced', async () => {
    rmSync(join(home, 'postgres', 'password'))
    await running(async (engine) => {
      expect(await ask(engine.url, 'table kept')).toEqual([{ answer: 42 }])
    })
  })

  test('Data of another major version is refused and left as it is', async () => {
    const file = join(data, 'PG_VERSION')
    const version = readFileSync(file, 'utf8')
    writeFileSync(file, '14\n')
    try {
      await expect(startEmbeddedPostgres({ home })).rejects.toThrow(
        /made by PostgreSQL 14.*pg_dump/,
      )
    } finally {
      writeFileSync(file, version)
    }
  })

  test('A folder that holds something else is refused and left as it is', async () => {
    const other = temporaryFolder('not-postgres')
    const folder = join(other, 'postgres', 'data')
    try {
      mkdirSync(folder, { recursive: true })
      chmodSync(join(other, 'postgres'), 0o755)
      writeFileSync(join(folder, 'mine'), 'x')
      await expect(startEmbeddedPostgres({ home: other })).rejects.toThrow(/no PG_VERSION/)
      expect(readFileSync(join(folder, 'mine'), 'utf8')).toBe('x')
    } finally {
      rmSync(other, { recursive: true, force: true })
    }
  })
})
