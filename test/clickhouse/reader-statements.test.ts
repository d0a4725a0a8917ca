// What the account `reader` may run: judged on the engine's own parse, within limits that no request lifts.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readerUrl } from '../../connections/clickhouse-front/reader-account.ts'
import type { ClickHouseFront } from '../../connections/clickhouse-front/spawn.ts'
import { until } from '../support/until.ts'
import { startFront } from './implementations.ts'

let front: ClickHouseFront
let outside: Server
let calls = 0
let address: string

beforeAll(async () => {
  front = await startFront()
  await owner('create table marts.kept (n Int64, `odd name` String) engine = MergeTree order by n')
  await owner(`insert into marts.kept values (42, 'x')`)
  outside = createServer((_, response) => {
    calls += 1
    response.end('1\n')
  })
  await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(outside.address() as AddressInfo).port}/`
})
afterAll(async () => {
  outside?.close()
  await front?.stop()
})

interface Asked {
  settings?: Record<string, string>
  signal?: AbortSignal
}

async function ask(account: string, query: string, { settings = {}, signal }: Asked = {}) {
  const url = new URL(account)
  const response = await fetch(`${url.origin}/?${new URLSearchParams(settings)}`, {
    method: 'POST',
    body: query,
    headers: {
      'x-clickhouse-user': decodeURIComponent(url.username),
      'x-clickhouse-key': decodeURIComponent(url.password),
    },
    ...(signal && { signal }),
  })
  const text = (await response.text()).trim()
  return response.ok ? text : `${response.status} ${text}`
}
const owner = (query: string, asked?: Asked) => ask(front.url, query, asked)
const reader = (query: string, asked?: Asked) => ask(readerUrl(front.url), query, asked)

describe('The reader runs', () => {
  test.each([
    ['select n, `odd name` from marts.kept', '42\tx'],
    ['with 2 as two, t as (select n from kept) select n + two from t', '44'],
    ['from kept select sumIf(n, n > 1), countDistinct(n)', '42\t1'],
    ['select case when n > 1 then toDate(0) else null end from kept', '1970-01-01'],
    ['select x from kept array join [1, 2] as x order by x limit 1 settings max_threads = 1', '1'],
    ['select sum(number) over (order by number) from numbers(2) order by 1 format CSV', '0\n1'],
    ['select * except n replace (upper(`odd name`) as `odd name`) from kept', 'X'],
    ['select 1 intersect select 1', '1'],
    ['select count() from (select n from kept union all select 1)', '2'],
    ['exists table kept', '1'],
    ['show tables', 'kept'],
    [`show tables like 'kept'`, 'kept'],
    ['show databases', /marts/],
    ['show create table kept', /CREATE TABLE/],
    ['show columns from kept', /odd name/],
    ['describe table kept', /odd name/],
    ['describe (select 1 as x)', /^x/],
    ['explain select n from kept', /ReadFromMergeTree/],
    ['explain indexes = 1 select n from kept', /PrimaryKey/],
    ['select name from system.columns where table = {t:String} limit 1', 'n', { param_t: 'kept' }],
    ['select n from {t:Identifier}', '42', { param_t: 'kept' }],
    [`select $$it's$$, 'a\\nb', "n" from kept -- a comment`, "it\\'s\ta\\nb\t42"],
    ['select currentUser() <> concat(version(), timezone())', '1'],
    ['select 1 as select_me, 2 as `settings`', '1\t2'],
  ] as [string, string | RegExp, Record<string, string>?][])(
    '%s',
    async (query, answer, settings) => {
      const text = await reader(query, { settings: settings ?? {} })
      if (typeof answer === 'string') expect(text).toBe(answer)
      else expect(text).toMatch(answer)
    },
  )
})

/** What reaches out, opens, writes, stops others, or lifts a limit, as an expression of a table. */
const TABLES = [
  () => `url('${address}', 'CSV', 'n Int8')`,
  () => `\`url\`('${address}', 'CSV', 'n Int8')`,
  () => `URL('${address}', 'CSV', 'n Int8')`,
  () => `s3('${address}x.csv', 'CSV', 'n Int8')`,
  () => `postgresql('127.0.0.1:1', 'd', 't', 'u', 'p')`,
  () => `mysql('127.0.0.1:1', 'd', 't', 'u', 'p')`,
  () => `remote('127.0.0.1:1', marts.kept)`,
  () => `file('/etc/passwd', 'LineAsString')`,
  () => `executable('id', 'TSV', 'n String')`,
  () => `python('x')`,
  () => `merge('system', 'processes')`,
  () => `loop(system.users)`,
  () => `mergeTreeIndex('marts', 'kept')`,
  () => 'system.users',
  () => 'system.named_collections',
  () => 'system.server_settings',
  () => '`system`.`dictionaries`',
]
const EXPRESSIONS = [
  `file('/etc/passwd')`,
  "`file`('/etc/passwd')",
  `catboostEvaluate('/x', 1)`,
  `dictGet('d', 'a', 1)`,
  `joinGet('marts.kept', 'n', 1)`,
  `hasColumnInTable('127.0.0.1:1', 'u', 'p', 'd', 't', 'c')`,
  `getMacro('x')`,
  `aiGenerate('x')`,
  `showCertificate()`,
  `1 in system.users`,
  `1 in url('http://127.0.0.1:1/')`,
]
/** Where an expression of a table may hide. */
const AROUND_TABLES = [
  (table: string) => `select * from ${table}`,
  (table: string) => `from ${table} select 1`,
  (table: string) => `select * from kept where n in (select 1 from ${table})`,
  (table: string) => `with x as (select * from ${table}) select * from x`,
  (table: string) => `select (select count() from ${table})`,
  (table: string) => `select 1 union all (select 1 from ${table})`,
  (table: string) => `select * from view(select * from ${table})`,
  (table: string) => `select * from kept left join ${table} as b on 1`,
  (table: string) => `explain plan select * from ${table}`,
  (table: string) => `select * from (explain select * from ${table})`,
  (table: string) => `describe table ${table}`,
  (table: string) => `/* a */ ( ( select * from /* b */ ${table} ) )`,
  (table: string) => `show tables where name in (select toString(n) from ${table})`,
  (table: string) => `select arrayMap(x -> (select 1 from ${table}), [1])`,
  (table: string) => `select n from kept order by n with fill to (select 1 from ${table})`,
  (table: string) => `insert into kept select * from ${table}`,
  (table: string) => `create table more engine = Memory as select * from ${table}`,
]
const AROUND_EXPRESSIONS = [
  (text: string) => `select ${text}`,
  (text: string) => `select n from kept where toString(${text}) <> ''`,
  (text: string) => `select arrayMap(x -> ${text}, [1])`,
  (text: string) => `select n from kept group by n having toString(${text}) <> ''`,
  (text: string) => `select * replace (${text} as n) from kept`,
  (text: string) => `select sum(n) over (order by ${text}) from kept`,
  (text: string) => `with ${text} as x select x`,
  (text: string) => `select sumIf(1, toString(${text}) <> '')`,
  (text: string) => `explain syntax select ${text}`,
]

describe('The reader is refused', () => {
  test('whatever reaches out or opens, wherever it stands and however it is spelled', async () => {
    const queries = [
      ...TABLES.flatMap((table) => AROUND_TABLES.map((around) => around(table()))),
      ...EXPRESSIONS.flatMap((text) => AROUND_EXPRESSIONS.map((around) => around(text))),
    ]
    const passed: string[] = []
    for (const query of queries) {
      for (const spelled of [query, query.toUpperCase(), query.replaceAll(' ', '\n\t')]) {
        const text = await reader(spelled)
        // In upper case most names are nothing at all.
        if (!/^(403 Code: 497|500 Code: 164)/.test(text) && spelled !== query.toUpperCase()) {
          passed.push(`${spelled}: ${text.slice(0, 200)}`)
        } else if (!/^[45]\d\d Code/.test(text)) passed.push(`${spelled}: ${text.slice(0, 200)}`)
      }
    }
    expect(passed).toEqual([])
    expect(calls).toBe(0)
  }, 120_000)

  test.each([
    `insert into function url('http://127.0.0.1:1/') select 1`,
    'insert into kept values (1)',
    'kill query where 1',
    'kill mutation where 1',
    'system flush logs',
    'set max_execution_time = 0',
    'use system',
    'optimize table kept',
    'check table kept',
    'alter table kept delete where 1',
    'create function f as x -> x',
    'create temporary table t (n Int8)',
    'attach table kept',
    'rename table kept to k',
    'exchange tables kept and kept',
    'grant select on *.* to reader',
    'backup database marts to memory()',
    'show grants',
    'show create user reader',
    'select 1; select 2',
    'select * apply(x -> file(x)) from kept',
    `select columns('n') apply(file) from kept`,
    `select 1 into outfile '/tmp/terrace-reader'`,
    'select `a\nTableExpression (children 1)` from kept',
    `explain table override url('http://127.0.0.1:1/') columns (n Int8)`,
    'parallel with select 1 parallel with select 2',
    'select 1 settings readonly = 0',
    'select 1 settings allow_ddl = 1',
    'select * from (select 1 settings max_execution_time = 0)',
    'select 1 settings max_threads = 1, max_memory_usage = 0',
    'select 1 settings `max_untracked_memory` = 1000000000000',
    `select 1 settings output_format_schema = '/tmp/terrace-reader' format Protobuf`,
    `select 1 format JSON settings additional_table_filters = {}`,
  ])('%s', async (query) => {
    expect(await reader(query)).toMatch(
      /^(403 Code: 497|500 Code: (164|452|62)|400 Code: (62|452))/,
    )
  })

  test.each([
    'max_untracked_memory',
    'max_ast_depth',
    'readonly_x',
    'additional_table_filters',
    'max_concurrent_queries_for_user',
    'output_format_schema',
    'cluster_for_parallel_replicas',
    'profile',
  ])('setting %s in the address', async (name) => {
    expect(await reader('select 1', { settings: { [name]: '1' } })).toMatch(/^[45]\d\d Code/)
  })

  test('names in database system by leaving it out', async () => {
    expect(await reader('select * from users', { settings: { database: 'system' } })).toMatch(/497/)
    const named = { settings: { param_t: 'system.users' } }
    expect(await reader('select * from {t:Identifier}', named)).toMatch(/497/)
  })
})

describe('Limits of the reader', () => {
  const limit = (name: string, settings: Record<string, string>) =>
    reader(`select getSetting('${name}')`, { settings }).then(Number)

  test.each(['max_execution_time', 'max_memory_usage', 'max_result_bytes', 'max_threads'])(
    '%s is lowered by a request, and not lifted',
    async (name) => {
      const own = await limit(name, {})
      expect(own).toBeGreaterThan(0)
      expect(await limit(name, { [name]: '0' })).toBe(own)
      expect(await limit(name, { [name]: '999999999999999999' })).toBe(own)
      expect(await limit(name, { [name]: '-1' })).toBe(own)
      if (own > 1) expect(await limit(name, { [name]: '1' }).catch(() => 1)).not.toBe(own)
    },
  )
})

/** Half a minute: a call may sleep three seconds, and one that is written twice sleeps once. */
const sleep = (who: string) =>
  `select '${who}', ${Array.from({ length: 10 }, (_, n) => `sleep(2.${n + 10})`).join(', ')}`

describe('Beside the loads', () => {
  test('sleeping readers take no slot of the owner, and end with their clients', async () => {
    const over = new AbortController()
    const asleep = Array.from({ length: 60 }, () =>
      reader(sleep('reader'), { signal: over.signal }).catch(() => ''),
    )
    try {
      await until('readers sleep', async () => {
        const text = await owner('select query from system.processes')
        return text.split('sleep(2.11)').length > 4
      })
      expect(await owner('select n from kept')).toBe('42')
    } finally {
      over.abort()
      await Promise.all(asleep)
    }
    await until('their slots are free', async () => (await reader('select 1')) === '1')
  }, 60_000)

  test('a reader sees its own queries and none of the owner', async () => {
    const over = new AbortController()
    const asleep = [
      owner(sleep('of the owner'), { signal: over.signal }),
      reader(sleep('of the reader'), { signal: over.signal }),
    ].map((query) => query.catch(() => ''))
    try {
      await until('both run', async () => {
        const text = await owner('select query from system.processes')
        return text.includes('of the owner') && text.includes('of the reader')
      })
      for (const query of [
        'select query from system.processes',
        'show processlist',
        'select b.query from (select 1 as x) as a join system.processes as b on a.x = 1',
      ]) {
        const seen = await reader(query)
        expect(seen).toContain('of the reader')
        expect(seen).not.toContain('of the owner')
      }
    } finally {
      over.abort()
      await Promise.all(asleep)
    }
  }, 60_000)
})

test('the owner may not write files by a setting, nor ask other hosts by a function', async () => {
  const schema = `settings output_format_schema = '/tmp/terrace-owner' format Protobuf`
  expect(await owner(`select 1 as a ${schema}`)).toMatch(/497/)
  const setting = { settings: { output_format_schema: '/tmp/terrace-owner' } }
  expect(await owner('select 1 as a format Protobuf', setting)).toMatch(/497/)
  const remote = `hasColumnInTable('127.0.0.1:1', 'u', 'p', 'd', 't', 'c')`
  expect(await owner(`select ${remote}`)).toMatch(/497/)
  expect(await owner(`select aiGenerate('x')`)).toMatch(/497/)
})
