import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InsertDataFolder } from '../../connections/clickhouse-front/insert-data.ts'
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
    await ask(front, 'create table marts.t (a String) engine = MergeTree order by a')
    await ask(front, 'create table marts.format (a String) engine = MergeTree order by a')
    const denied = [
      "select * from file('/etc/passwd', 'LineAsString')",
      "select * from `file`('/etc/passwd', 'LineAsString')",
      "select * from `f\\x69le`('/etc/passwd', 'LineAsString')",
      "select * from /* */ FILE ('/etc/passwd', 'LineAsString')",
      "select file('/etc/passwd')",
      "insert into function file('/tmp/written', 'CSV') select 1",
      "select 1 into outfile '/tmp/written'",
      "insert into t from infile '/etc/passwd' format CSV",
      'create table f (a String) engine = File(CSV)',
      "create table f (a String) engine File(CSV, '/etc/passwd')",
      "create table f (a String) engine = `Executable`('x', 'CSV')",
      "create database f engine = Filesystem('/etc')",
      "create table marts.d (a String) engine = MergeTree order by a settings disk = disk(type = 'local', path = '/tmp/disk/')",
      "select * from url('file:///etc/passwd', 'LineAsString')",
      "select * from url('http://127.0.0.1:1/x,file:///etc/passwd', 'LineAsString')",
      "select * from url(concat('fi', 'le:///etc/passwd'), 'LineAsString')",
      "insert into function url('file:///tmp/written', 'CSV', 'a String') values ('x')",
      "create view marts.v as select * from url('file:///etc/passwd', 'LineAsString')",
      "select 1 as a$x$, * from file('/etc/passwd', 'LineAsString') as b$x$",
      "select 1 as a$x$, 2 into outfile '/tmp/written' -- $x$",
      "create table marts.a$x$ (a String) engine = File(CSV, '/tmp/written') comment '$x$'",
      "select ‘ ' ’, * from file('/etc/passwd', 'LineAsString') as ‘ ' ’",
      "select $ ' $ , * from file('/etc/passwd') --' $ ' $",
      "select 1 // '\n, * from file('/etc/passwd', 'LineAsString') // '",
      "select /* /* */ ' */ * from file('/etc/passwd', 'LineAsString') -- '",
      "select 1 as 1a$x$ ' $x$ , * from file('/etc/passwd', 'LineAsString') -- '",
      "insert into format select * from file('/etc/passwd', 'LineAsString')",
      "insert into t select (select a from input('a String') limit 1) as x, 2 as format from file('/etc/passwd')",
      "select * from eval('select 1')",
      "select * from sqlite('/tmp/x.db', 't')",
      "select * from remote('127.0.0.1', system.one)",
      "create dictionary d (a String) primary key a source(file(path '/etc/passwd' format 'CSV')) layout(flat())",
      "backup database marts to Disk('default', 'x')",
      'system shutdown',
      "create named collection c as path = '/etc/passwd'",
      'drop database default',
      'detach database if exists `default`',
      "select 1 settings dialect = 'prql'",
      "select 1 settings additional_result_filter = '1 in (select 1)'",
      "insert into t settings input_format_values_interpret_expressions = 1 values ('a')",
    ]
    for (const sql of denied) {
      expect([sql, (await ask(front, sql)).text]).toEqual([
        sql,
        expect.stringContaining('(ACCESS_DENIED)'),
      ])
    }
    const failing = [
      "select * from '/etc/passwd'",
      'select * from "/etc/passwd"',
      'select * from `/etc/passwd`',
      'select * from default."/etc/passwd"',
      "describe table '/etc/passwd'",
      "insert into default.`/tmp/written` values ('x')",
      "select * from merge('default', '^/etc')",
      "insert into t values ((select * from file('/etc/passwd', 'LineAsString') limit 1))",
      "insert into t values (file('/etc/hostname'))",
      "insert into t values (`f\\x69le`('/etc/hostname'))",
      "insert into t values (/* /* */ ' */ file('/etc/hostname') -- ')",
      "insert into t values ('a'), (-- '\nfile('/etc/hostname') -- '\n)",
    ]
    for (const path of ['/', '/?database=default']) {
      for (const sql of failing) {
        const { status, text } = await ask(front, sql, path)
        expect([sql, status >= 400, text]).toEqual([
          sql,
          true,
          expect.not.stringContaining('root:'),
        ])
      }
    }
    expect((await ask(front, 'select 1', '/?dialect=prql')).text).toContain('ACCESS_DENIED')
    expect((await ask(front, 'select count() from marts.t')).text).toBe('0\n')
    expect(existsSync('/tmp/written')).toBe(false)
  })

  test('leaves alone what only looks like a file', async () => {
    const allowed: [string, string][] = [
      ["select 'file(' as file -- file('x')", 'file('],
      ["select 'file(x' as a$x$, 2 as b$x$", 'file(x\t2'],
      ["select $x$file('x')$x$", "file(\\'x\\')"],
      ["select format('{}-{}', 'a', 'b')", 'a-b'],
      ['select count() from numbers(3) as file', '3'],
      ["select engine from system.databases where engine = 'Dictionary'", 'Dictionary'],
    ]
    for (const [sql, result] of allowed) {
      expect([sql, (await ask(front, sql)).text]).toEqual([sql, `${result}\n`])
    }
    await ask(front, 'create table marts.v (a String) engine = MergeTree order by a')
    await ask(front, "insert into marts.v values ('select from file'), ('\"é\"')")
    await ask(front, "insert into marts.v values (concat('a', toString(1 + 1)))")
    const { text } = await ask(front, 'select a from v order by a')
    expect(text).toBe('"é"\na2\nselect from file\n')
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

  test('takes a load of any size in the memory of a block, and leaves no file behind', async () => {
    await ask(front, 'create table marts.large (x UInt64, s String) engine = Null')
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
      const summary = JSON.parse(response.headers['x-clickhouse-summary'] as string)
      expect(summary.written_rows).toBe(String(rows))
    }
    await load(80 * 1024)
    const before = peak()
    await load(160 * 1024)
    expect(peak() - before).toBeLessThan(250)
    await expect.poll(() => readdirSync(join(front.folder, 'inserts'))).toEqual([])
  })

  test('says which port is taken', async () => {
    const { port } = new URL(front.url)
    await expect(startFront({ port: Number(port) })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: expect.stringContaining(`port ${port} is taken`),
    })
  })

  test('finishes queries in flight when it is stopped, and keeps the data', async () => {
    const dataFolder = await mkdtemp(join(tmpdir(), "clickhouse's é-"))
    const first = await startFront({ dataFolder })
    await ask(first, 'create table marts.kept (x Int64) engine = MergeTree order by x')
    await ask(first, 'insert into marts.kept values (8)')
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
    expect((await ask(second, 'select x from marts.kept order by x')).text).toBe('7\n8\n')
    await second.stop()
    await rm(dataFolder, { recursive: true, force: true })
  })

  test('stores what was sent in a data folder whose path looks like a pattern', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'clickhouse-front-'))
    const storedIn = async (name: string): Promise<string[]> => {
      const odd = await startFront({ dataFolder: join(parent, name) })
      await ask(odd, 'create table marts.t (a String) engine = MergeTree order by a')
      await ask(odd, "insert into t values ('values')")
      await ask(odd, "insert into t select a from input('a String') format TSV\ninput\n")
      const { origin, username, password } = new URL(odd.url)
      const external = new FormData()
      external.append('e', new Blob(['external\n']))
      await fetch(`${origin}/?query=insert+into+t+select+*+from+e&e_structure=a+String`, {
        method: 'POST',
        body: external,
        headers: {
          'x-clickhouse-user': username,
          'x-clickhouse-key': decodeURIComponent(password),
        },
      })
      const { text } = await ask(odd, 'select a from t order by a')
      await odd.stop()
      return text.trim().split('\n')
    }
    const stored = await Promise.all(['a{b,c}', '?[a]**', 'a.zip :: b'].map(storedIn))
    const all = ['external', 'input', 'values']
    expect(stored).toEqual([all, all, all])
    await rm(parent, { recursive: true, force: true })
  })

  test('says what to do where such a path cannot be read', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'clickhouse-front-'))
    expect(() => new InsertDataFolder(join(parent, 'a{b}'), join(parent, 'absent'))).toThrow(
      'set TERRACE_HOME to a folder without them, or CLICKHOUSE_URL to a server',
    )
    expect(() => new InsertDataFolder(join(parent, 'a b'), join(parent, 'absent'))).not.toThrow()
    await rm(parent, { recursive: true, force: true })
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
