import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPostgres, type Pool } from '../../connections/postgres.ts'
import { FAILED_RUN, seededDatabase } from '../api/seeded-metadata.ts'
import type { FreshDatabase } from '../support/database.ts'
import { BIN, type Terrace, terraceHere, terraceIn } from './terrace.ts'

let database: FreshDatabase
let folder: string
let pool: Pool
let terrace: Terrace
/** In a process of its own. */
let command: Terrace

beforeAll(async () => {
  database = await seededDatabase()
  pool = openPostgres(database.url, { max: 1 })
  folder = mkdtempSync(join(tmpdir(), 'terrace-cli-'))
  const place = { cwd: folder, env: { DATABASE_URL: database.url } }
  terrace = terraceHere(place)
  command = terraceIn(place)
})

afterAll(async () => {
  await pool.end()
  await database.drop()
  rmSync(folder, { recursive: true, force: true })
})

async function json(...args: string[]) {
  const { code, stdout, stderr } = await terrace(...args, '-o', 'json')
  expect(`${code} ${stderr}`).toMatch(/^0 /)
  return JSON.parse(stdout)
}

describe('the command', () => {
  test('prints rows and exits with 0, and with 2 after a wrong call', async () => {
    const { code, stdout, stderr } = await command('dags', 'list', '-o', 'json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toHaveLength(2)
    expect(await command('dags', 'lsit')).toMatchObject({ code: 2, stdout: '' })
  })

  test('exits with 1 where the answer is a problem', async () => {
    expect(await command('dags', 'list-import-errors')).toMatchObject({ code: 1 })
  })
})

describe('reading', () => {
  test('lists DAGs in all four formats', async () => {
    expect(await json('dags', 'list')).toMatchObject([
      { dag_id: 'mart_build', is_paused: false },
      { dag_id: 'shop_load', owners: ['data'] },
    ])
    const { stdout: table } = await terrace('dags', 'list')
    expect(table.split('\n')[0]).toMatch(/^dag_id +\| fileloc/)
    const { stdout: plain } = await terrace('dags', 'list', '-o', 'plain')
    expect(plain).not.toContain('|')
    const { stdout: yaml } = await terrace('dags', 'list', '-o', 'yaml')
    expect(yaml).toMatch(/^- dag_id: mart_build/)
  })

  test('shows details, runs, import errors, tasks and states', async () => {
    expect(await json('dags', 'details', 'shop_load')).toMatchObject({
      tasks: ['extract', 'load', 'report'],
      version_number: 1,
    })
    const runs = await json('dags', 'list-runs', 'shop_load', '--state', 'failed')
    expect(runs).toMatchObject([{ run_id: FAILED_RUN, state: 'failed' }])
    const errors = await terrace('dags', 'list-import-errors')
    expect(errors).toMatchObject({ code: 1, stdout: expect.stringContaining('broken.ts') })
    const states = await json('tasks', 'states-for-dag-run', 'shop_load', FAILED_RUN)
    expect(states.map((row: { state: string }) => row.state)).toEqual([
      'success',
      'failed',
      'upstream_failed',
    ])
    const { stdout: state } = await terrace('tasks', 'state', 'shop_load', 'load', FAILED_RUN)
    expect(state).toBe('failed\n')
  })

  test('draws the graph', async () => {
    const { stdout } = await terrace('dags', 'show', 'shop_load')
    expect(stdout).toContain('extract')
    expect(stdout).toContain('└─ load  [→ raw:orders]\n   └─ report')
  })

  test('prints the log of an attempt', async () => {
    const { stdout } = await terrace('tasks', 'logs', 'shop_load', 'load', FAILED_RUN)
    expect(stdout.split('\n')[1]).toBe(
      '[2026-03-01T06:00:02.000Z] INFO    line 2 of load {"rows":12}',
    )
    const missing = await terrace('tasks', 'logs', 'shop_load', 'load', FAILED_RUN, '--try', '5')
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('Allowed: 1 to 1') })
  })

  test('says why there is no log', async () => {
    const untried = await terrace('tasks', 'logs', 'shop_load', 'report', FAILED_RUN)
    expect(untried).toEqual({
      code: 0,
      stdout: '',
      stderr: '"report" has not been tried in this run, so it has no log; it is upstream_failed.\n',
    })
    await pool.query(
      `delete from terrace.task_log where task_instance_id in
         (select id from terrace.task_instance where task_id = 'extract')`,
    )
    const silent = await terrace('tasks', 'logs', 'shop_load', 'extract', FAILED_RUN)
    expect(silent.stderr).toBe('Try 1 of "extract" wrote no line.\n')
  })

  test('offers examples in the help of every noun and verb', async () => {
    for (const call of [
      ['dags'],
      ['tasks'],
      ['db'],
      ['pools'],
      ['pools', 'set'],
      ['dags', 'trigger'],
      ['tasks', 'clear'],
      ['tasks', 'stop'],
      ['tasks', 'mark'],
      ['dags', 'stop-run'],
      ['dags', 'mark-run'],
      ['db', 'clean'],
      ['sql'],
      ['web'],
    ]) {
      const { code, stdout } = await terrace(...call, '--help')
      expect(code).toBe(0)
      expect(stdout).toMatch(new RegExp(`Examples:\n {2}\\$ terrace ${call.join(' ')}`))
    }
  })
})

describe('changing', () => {
  test('says that a DAG is paused before it waits for its run', async () => {
    await json('dags', 'pause', 'mart_build')
    const child = spawn(process.execPath, [BIN, 'dags', 'trigger', 'mart_build', '--wait'], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', DATABASE_URL: database.url },
    })
    const [said] = await once(child.stderr, 'data')
    child.kill()
    await once(child, 'close')
    await json('dags', 'unpause', 'mart_build')
    expect(String(said)).toContain('The DAG is paused: the run waits until')
  })

  test('triggers a run with conf, once for an idempotency key', async () => {
    const call = ['dags', 'trigger', 'mart_build', '--conf', '{"days": 3}', '-l', '2026-03-01']
    const [first] = await json(...call, '--idempotency-key', 'k1')
    expect(first).toMatchObject({
      existed: false,
      conf: { days: 3 },
      logical_date: '2026-03-01T00:00:00.000Z',
    })
    const [second] = await json(...call, '--idempotency-key', 'k1')
    expect(second).toMatchObject({ existed: true, run_id: first.run_id })
  })

  test('refuses a second run with the same id', async () => {
    const again = await terrace('dags', 'trigger', 'shop_load', '-r', FAILED_RUN)
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('has the run') })
  })

  test('pauses and unpauses', async () => {
    expect(await json('dags', 'pause', 'mart_build')).toMatchObject([{ is_paused: true }])
    expect(await json('dags', 'unpause', 'mart_build')).toMatchObject([{ was_paused: true }])
  })

  test('clears with a preview, asks first, and keeps what had run', async () => {
    const call = ['tasks', 'clear', 'shop_load', '-t', '^load$', '--run-id', FAILED_RUN, '-d']
    const preview = await json(...call, '--dry-run')
    expect(preview).toMatchObject([
      { task_id: 'load', state: 'failed' },
      { task_id: 'report', state: 'upstream_failed' },
    ])
    const unasked = await terrace(...call)
    expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining('add -y') })
    const cleared = await terrace(...call, '-y')
    expect(cleared).toMatchObject({ code: 0, stderr: 'Cleared 2 task instances.\n' })
    const { stdout } = await terrace('tasks', 'state', 'shop_load', 'load', FAILED_RUN)
    expect(stdout).not.toBe('failed\n')
    expect((await terrace('tasks', 'logs', 'shop_load', 'load', FAILED_RUN)).stdout).toContain(
      'line 1 of load',
    )
  })

  test('marks a task with a preview, and asks first', async () => {
    await terrace('dags', 'trigger', 'shop_load', '-r', 'to_mark')
    const call = ['tasks', 'mark', 'shop_load', 'extract', 'to_mark', 'skipped']
    expect(await json(...call, '-d', '--dry-run')).toMatchObject([
      { task_id: 'extract', state: 'none' },
      { task_id: 'load', state: 'none' },
      { task_id: 'report', state: 'none' },
    ])
    const unasked = await terrace(...call)
    expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining('add -y') })
    expect(await json(...call, '-y')).toMatchObject([{ task_id: 'extract', state: 'skipped' }])
    const wrong = await terrace(...call.slice(0, -1), 'running')
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('success') })
  })

  test('stops a task and a run without being asked back, and says when there is nothing to stop', async () => {
    await terrace('dags', 'trigger', 'shop_load', '-r', 'to_stop')
    const task = ['tasks', 'stop', 'shop_load', 'extract', 'to_stop']
    expect(await json(...task)).toMatchObject([{ task_id: 'extract', state: 'failed' }])
    expect(await terrace(...task)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has ended'),
    })
    const run = ['dags', 'stop-run', 'shop_load', 'to_stop']
    expect(await json(...run)).toMatchObject([{ state: 'failed', was: 'queued' }])
    expect(await terrace(...run)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is nothing to stop'),
    })
    const mark = ['dags', 'mark-run', 'shop_load', 'to_stop', 'success', '-y']
    expect(await json(...mark)).toMatchObject([{ state: 'success', was: 'failed' }])
  })
})

describe('pools', () => {
  test('are made, changed, listed and deleted', async () => {
    const made = await json('pools', 'set', 'reports', '4', 'few at a time')
    expect(made).toEqual([
      {
        pool: 'reports',
        slots: 4,
        occupied: 0,
        running: 0,
        queued: 0,
        scheduled: 0,
        description: 'few at a time',
      },
    ])
    const [changed] = await json('pools', 'set', 'reports', '0')
    expect(changed).toMatchObject({ slots: 0, description: 'few at a time' })
    const names = async () => (await json('pools', 'list')).map((row: { pool: string }) => row.pool)
    expect(await names()).toEqual(['default_pool', 'reports'])
    const unasked = await terrace('pools', 'delete', 'reports')
    expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining('add -y') })
    expect(await terrace('pools', 'delete', 'reports', '-y')).toMatchObject({ code: 0 })
    expect(await names()).toEqual(['default_pool'])
  })

  test('that tasks need stay', async () => {
    // Without -y as well: nobody is asked about what cannot be done.
    for (const yes of [[], ['-y']]) {
      const kept = await terrace('pools', 'delete', 'default_pool', ...yes)
      expect(kept).toMatchObject({ code: 2, stderr: expect.stringContaining('name no pool') })
    }
    await terrace('pools', 'set', 'named', '1')
    await pool.query(`update terrace.dag_task set pool = 'named' where task_id = 'build'`)
    const named = await terrace('pools', 'delete', 'named', '-y')
    expect(named).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"mart_build" name it'),
    })
  })
})

describe('a wrong call exits with 2 and says what is allowed', () => {
  test.each([
    [
      ['dags', 'lsit'],
      ['unknown command', 'list-runs'],
    ],
    [['dagz'], ['Did you mean dags', 'standalone']],
    [
      ['dags', 'list', '--fast'],
      ["unknown option '--fast'", '--tag'],
    ],
    [['dags', 'list', '-o', 'xml'], ['table, json, yaml, plain']],
    [
      ['dags', 'details', 'shop_laod'],
      ['no DAG "shop_laod"', 'Did you mean "shop_load"'],
    ],
    [
      ['tasks', 'state', 'shop_load', 'laod', FAILED_RUN],
      ['no task "laod"', '"load"'],
    ],
    [
      ['tasks', 'state', 'shop_load', 'load', 'frist_run'],
      ['no run', `"${FAILED_RUN}"`],
    ],
    [['dags', 'trigger', 'shop_load', '--conf', '[1]'], ['JSON object']],
    [['dags', 'trigger', 'shop_load', '--conf', '{days: 1}'], ['not JSON']],
    [
      ['dags', 'trigger', 'shop_load', '--conf', '{"a":1e999}'],
      ['a: the number 1e999', 'as a text'],
    ],
    [['dags', 'trigger', 'shop_load', '--conf', '{"a":1,"a":2}'], ['written twice']],
    [['dags', 'trigger', 'shop_load', '--conf', '{"a":"\\ud800"}'], ['half of a surrogate pair']],
    [['dags', 'trigger', 'shop_load', '--run-id', '..'], ['cannot be reached by a URL']],
    [['pools', 'set', '.', '1'], ['not "." or ".." alone']],
    [
      ['dags', 'trigger', 'shop_load', '-l', '2026-02-30'],
      ['ISO 8601', 'UTC'],
    ],
    [
      ['tasks', 'clear', 'shop_load'],
      ['Which runs?', '--run-id'],
    ],
    [['tasks', 'clear', 'shop_load', '-t', '(', '--run-id', 'x'], ['regular expression']],
    [['tasks', 'clear', 'shop_load', '-t', 'zz', '--run-id', FAILED_RUN], ['extract, load']],
    [['db', 'clean', '--before', '2999-01-01'], ['in the future']],
    [['worker', '-c', '0'], ['from 1 to 1000']],
    [['pools', 'set', 'reports', '-1'], ['whole number']],
    [
      ['pools', 'set', 're ports', '1'],
      ['letters, digits', 'heavy_sql'],
    ],
    [
      ['pools', 'delete', 'defualt_pool'],
      ['no pool "defualt_pool"', '"default_pool"'],
    ],
    [['sql', 'gold', 'select 1'], ['raw, dds, marts']],
  ])('%j', async (args, parts) => {
    const { code, stderr } = await terrace(...args)
    expect(code).toBe(2)
    for (const part of parts) expect(stderr).toContain(part)
  })
})

describe('a server that cannot be used exits with 1', () => {
  test('and names the variable and what was tried, without the password', async () => {
    const env = { DATABASE_URL: 'postgres://ada:hunter2@127.0.0.1:1/terrace' }
    const { code, stderr } = await terraceIn({ cwd: folder, env })('dags', 'list')
    expect(code).toBe(1)
    expect(stderr).toContain('postgres://ada:***@127.0.0.1:1/terrace (variable DATABASE_URL)')
    expect(stderr).not.toContain('hunter2')
  })
})

describe('sql', () => {
  test('reads a layer as text that loses no digit', async () => {
    const query = `select 9007199254740993::int8 as big, 0.10::numeric as price, true as yes,
                          '2026-03-01T00:00:00.123456Z'::timestamptz as at, current_schema() as s`
    expect(await json('sql', 'raw', query)).toEqual([
      {
        big: '9007199254740993',
        price: '0.10',
        yes: true,
        at: '2026-03-01 00:00:00.123456+00',
        s: null,
      },
    ])
  })

  test.each([
    ['delete from terrace.dag', 'permission denied'],
    ['create temporary table t (id int)', 'read-only'],
    ['commit; delete from terrace.dag', 'multiple commands'],
    ['select * from nowhere', 'terrace sql dds --tables'],
  ])('refuses %s', async (query, part) => {
    const { code, stderr } = await terrace('sql', 'dds', query)
    expect(code).toBe(2)
    expect(stderr).toContain(part)
  })

  test('ends a query at its time limit', async () => {
    const { code, stderr } = await terrace('sql', 'raw', 'select pg_sleep(30)', '--timeout', '1')
    expect(code).toBe(1)
    expect(stderr).toContain('raise --timeout')
  })
})
