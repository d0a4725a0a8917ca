import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startFront } from './implementations.ts'

type Front = Awaited<ReturnType<typeof startFront>>

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function ask(
  front: Front,
  sql: string,
  path = '/',
): Promise<{ status: number; text: string }> {
  const { origin, username, password } = new URL(front.url)
  const response = await fetch(origin + path, {
    method: 'POST',
    body: sql,
    headers: {
      'x-clickhouse-user': username,
      'x-clickhouse-key': decodeURIComponent(password),
    },
  })
  return { status: response.status, text: await response.text() }
}

describe('The embedded ClickHouse front', { timeout: 60_000 }, () => {
  let front: Front
  beforeAll(async () => {
    front = await startFront({ maxExecutionSeconds: 120 })
  })
  afterAll(async () => {
    await front?.stop()
  })

  test('has a marts database that swaps tables atomically', async () => {
    const { text } = await ask(front, "select engine from system.databases where name = 'marts'")
    expect(text).toBe('Atomic\n')
  })

  test('answers only to names of this machine, so that a page cannot rebind its own', async () => {
    const statuses: Record<string, number> = {}
    for (const host of [
      'localhost',
      '127.0.0.1:80',
      '[::1]',
      'evil.example',
      '127.0.0.1.evil.example',
    ]) {
      const { hostname, port } = new URL(front.url)
      const asked = request({ hostname, port, path: '/ping', headers: { host } })
      asked.end()
      const [response] = await once(asked, 'response')
      response.resume()
      statuses[host] = response.statusCode
    }
    expect(statuses).toEqual({
      localhost: 200,
      '127.0.0.1:80': 200,
      '[::1]': 200,
      'evil.example': 403,
      '127.0.0.1.evil.example': 403,
    })
  })

  test('opens no file of the machine for anybody', async () => {
    const attempts = [
      "select * from file('/etc/passwd', 'LineAsString')",
      "select * from `file`('/etc/passwd', 'LineAsString')",
      "select file('/etc/passwd')",
      "insert into function file('/tmp/written', 'CSV') select 1",
      "select 1 into outfile '/tmp/written'",
      "insert into t from infile '/etc/passwd' format CSV",
      'create table f (a String) engine = File(CSV)',
      "create table f (a String) engine = `Executable`('x', 'CSV')",
    ]
    for (const sql of attempts) {
      expect([sql, (await ask(front, sql)).text]).toEqual([
        sql,
        expect.stringContaining('(ACCESS_DENIED)'),
      ])
    }
    expect((await ask(front, "select 'file(' as file -- file('x')")).text).toBe('file(\n')
  })

  test('refuses settings by which a client could reach what the front decides', async () => {
    const { text } = await ask(front, 'select 1', '/?cluster_for_parallel_replicas=x')
    expect(text).toContain('SETTING_CONSTRAINT_VIOLATION')
    expect((await ask(front, 'select 1', "/?a'b=1")).status).toBe(400)
    expect((await ask(front, "select getSetting('max_execution_time')")).text).toBe('120\n')
  })

  test('stays responsive while a query with a subquery is planned', async () => {
    const slow = ask(
      front,
      'select (select count() from numbers(50000000) where sipHash64(number) = 1) as n',
    )
    const asked = performance.now()
    let pings = 0
    let slowest = 0
    let answered = false
    void slow.then(() => {
      answered = true
    })
    while (!answered) {
      const start = performance.now()
      await fetch(`${new URL(front.url).origin}/ping`)
      slowest = Math.max(slowest, performance.now() - start)
      pings += 1
    }
    expect((await slow).status).toBe(200)
    expect(pings).toBeGreaterThan(3)
    expect(slowest).toBeLessThan((performance.now() - asked) / 2)
  })

  test('kills by the id that the client chose', async () => {
    const query = ask(
      front,
      'select count() from numbers(1000000000000) where sipHash64(number) = 1',
      '/?query_id=mine',
    )
    await expect
      .poll(async () => (await ask(front, "kill query where query_id = 'mine' async")).text, {
        timeout: 10_000,
      })
      .toContain('waiting')
    expect((await query).text).toContain('QUERY_WAS_CANCELLED')
  })

  test('takes a load of any size in the memory of one piece', async () => {
    await ask(front, 'create table marts.large (x UInt64, s String) engine = MergeTree order by x')
    const { hostname, port, username, password } = new URL(front.url)
    const peak = () =>
      Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${front.pid}/status`, 'utf8'))![1]) / 1024
    const load = async (rows: number) => {
      const path = `/?query=${encodeURIComponent('insert into marts.large format TSV')}`
      const auth = `${username}:${decodeURIComponent(password)}`
      const sent = request({ hostname, port, path, method: 'POST', auth })
      const row = Buffer.from(`1\t${'z'.repeat(4093)}\n`)
      const block = Buffer.concat(Array.from({ length: 256 }, () => row))
      for (let index = 0; index < rows; index += 256) {
        if (!sent.write(block)) await once(sent, 'drain')
      }
      sent.end()
      const [response] = await once(sent, 'response')
      response.resume()
      expect(response.statusCode).toBe(200)
    }
    await load(32 * 1024)
    const before = peak()
    await load(96 * 1024)
    expect((await ask(front, 'select count() from marts.large')).text).toBe(`${128 * 1024}\n`)
    expect(peak() - before).toBeLessThan(250)
  })

  test('says which port is taken', async () => {
    const { port } = new URL(front.url)
    await expect(startFront({ port: Number(port) })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: expect.stringContaining(`port ${port} is taken`),
    })
  })

  test('finishes queries in flight when it is stopped, and keeps the data', async () => {
    const dataFolder = await mkdtemp(join(tmpdir(), 'clickhouse-front-'))
    const first = await startFront({ dataFolder })
    await ask(first, 'create table marts.kept (x Int64) engine = MergeTree order by x')
    const inFlight = ask(first, 'insert into marts.kept select 7 + sleep(1)')
    await expect
      .poll(
        async () =>
          (await ask(first, "select count() from system.processes where query like 'insert%'"))
            .text,
      )
      .toBe('1\n')
    await first.stop()
    expect((await inFlight).status).toBe(200)
    expect(isAlive(first.pid)).toBe(false)
    const second = await startFront({ dataFolder })
    expect((await ask(second, 'select x from marts.kept')).text).toBe('7\n')
    await second.stop()
    await rm(dataFolder, { recursive: true, force: true })
  })

  test('ends within five seconds of losing its parent', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'clickhouse-front-'))
    const parent = fork(fileURLToPath(new URL('front-parent.ts', import.meta.url)), [folder], {
      execArgv: ['--import', import.meta.resolve('tsx')],
    })
    const [{ pid }] = (await once(parent, 'message')) as [{ pid: number }]
    expect(isAlive(pid)).toBe(true)
    parent.kill('SIGKILL')
    await expect.poll(() => isAlive(pid), { interval: 50, timeout: 5_000 }).toBe(false)
    await rm(folder, { recursive: true, force: true })
  })
})
