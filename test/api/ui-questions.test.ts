// Questions over real marts, in the embedded engine.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EngineAddresses } from '../../connections/engines/types.ts'
import { openProjectReads, type ProjectReads } from '../../orchestrator/api/ui/project-reads.ts'
import { type MartsStore, openMartsStore } from '../shop/marts-store.ts'
import type { FreshDatabase } from '../support/database.ts'
import { type ProjectFolder, projectFolder } from '../support/project-folder.ts'
import { openUiApi, type UiApi } from '../support/ui-api.ts'
import { seededDatabase } from './seeded-metadata.ts'

const MANIFEST = '{"terrace": {"questions": "./questions"}}'
const question = (sql: string) => `-- title: A question
-- group: Numbers
-- display: table
${sql}
`

let store: MartsStore
let database: FreshDatabase
let folder: ProjectFolder
let project: ProjectReads
let api: UiApi

const addresses = (clickhouseUrl: string): EngineAddresses => ({
  databaseUrl: database.url,
  warehouseUrl: database.url,
  redisUrl: null,
  kafkaBrokers: null,
  clickhouseUrl,
})

beforeAll(async () => {
  store = await openMartsStore()
  database = await seededDatabase()
  folder = projectFolder({
    'package.json': MANIFEST,
    'questions/values.sql': question(`select
      toUInt64(9007199254740993) as too_many_digits, toUInt64(12) as whole,
      toDecimal64('1234.5000', 4) as money, toDecimal128('123456789012345.6789', 4) as much,
      cast(null as Nullable(Decimal(38, 4))) as nothing, 0.25 as share, 'text' as text,
      '17' as number_in_text, toDate('2026-03-01') as day, true as yes,
      toDateTime64('2026-03-01 12:00:00.5', 3, 'Europe/Berlin') as moment, nan as none`),
    'questions/many.sql': question('select number from numbers(5000) order by number'),
    'questions/broken.sql': '-- title: Broken\n-- display: pie\nselect 1',
    'questions/failing.sql': question('select nowhere from numbers(1)'),
    'questions/writing.sql': question('with 1 as one insert into marts.t select one'),
    'questions/endless.sql': question(
      'select count() from numbers(1e15) where number % 3 = 1 settings max_execution_time = 1',
    ),
    'questions/formatted.sql': question('select 1 format TSV'),
  })
  await store.client.command({ query: 'create database if not exists marts' })
  project = openProjectReads(addresses(store.url), { folder: folder.path, currency: 'EUR' })
  api = await openUiApi(database.url, { project })
})

afterAll(async () => {
  await api.close()
  await project.close()
  await database.drop()
  await store.close()
  folder.remove()
})

test('are listed, the broken one with its problem and no statement', async () => {
  const { questions } = await api.json('/ui/questions')
  expect(questions).toHaveLength(7)
  expect(questions[0]).toMatchObject({
    id: 'broken',
    title: 'broken',
    problem: expect.stringContaining('has no group'),
  })
  expect(questions[5]).toEqual({
    id: 'values',
    title: 'A question',
    description: '',
    group: 'Numbers',
    display: 'table',
    x: null,
    y: [],
    money: [],
    percent: [],
    problem: null,
  })
})

describe('an answer', () => {
  test('has numbers where a double holds them, and text where it does not', async () => {
    const { columns, rows, ran_at, currency } = await api.json('/ui/questions/values')
    expect(currency).toBe('EUR')
    expect(Date.parse(ran_at)).not.toBeNaN()
    expect(
      Object.fromEntries(columns.map((name: string, i: number) => [name, rows[0][i]])),
    ).toEqual({
      too_many_digits: '9007199254740993',
      whole: 12,
      money: 1234.5,
      much: '123456789012345.6789',
      nothing: null,
      share: 0.25,
      text: 'text',
      number_in_text: '17',
      day: '2026-03-01',
      yes: true,
      moment: '2026-03-01T11:00:00.500Z',
      none: null,
    })
  })

  test('has a thousand rows at most', async () => {
    const { rows, rows_cut } = await api.json('/ui/questions/many')
    expect(rows).toHaveLength(1_000)
    expect(rows.at(-1)).toEqual([999])
    expect(rows_cut).toBe(true)
  })

  test('is kept for those who ask meanwhile, until its file changes', async () => {
    const asked = await Promise.all([1, 2, 3].map(() => api.json('/ui/questions/values')))
    expect(new Set(asked.map(({ ran_at }) => ran_at)).size).toBe(1)
    folder.write('questions/edited.sql', question('select 1 as n'))
    expect((await api.json('/ui/questions/edited')).rows).toEqual([[1]])
    folder.write('questions/edited.sql', question('select 2 as n'))
    expect((await api.json('/ui/questions/edited')).rows).toEqual([[2]])
  })
})

describe('a question that fails', () => {
  test.each([
    ['broken', /has no group/],
    ['failing', /nowhere[\s\S]*Correct .*failing\.sql/],
    ['writing', /question "writing" failed/],
    ['formatted', /Leave "format …" out of .*formatted\.sql/],
    ['endless', /longer than 10 s: let it read less/],
  ])('says what is wrong: %s', async (id, message) => {
    const { status, body } = await api.ask(`/ui/questions/${id}`)
    expect(body).toMatchObject({ code: 'question_failed', detail: expect.stringMatching(message) })
    expect(status).toBe(502)
    expect(body.detail).not.toContain('for-tests')
  })

  test('says nothing of the password of a ClickHouse that is away or refuses it', async () => {
    const url = new URL(store.url)
    url.password = 'hunter2'
    for (const wrong of ['http://terrace:hunter2@127.0.0.1:1', url.href]) {
      const reads = openProjectReads(addresses(wrong), { folder: folder.path, currency: 'EUR' })
      const elsewhere = await openUiApi(database.url, { project: reads })
      const { status, text } = await elsewhere.ask('/ui/questions/values')
      expect(status).toBe(502)
      expect(text).toContain('CLICKHOUSE_URL')
      expect(text).not.toContain('hunter2')
      await elsewhere.close()
      await reads.close()
    }
  })

  test('is 404 when there is none of that name', async () => {
    expect((await api.ask('/ui/questions/nope')).status).toBe(404)
  })
})

describe('a project', () => {
  test('without the setting has no questions', async () => {
    folder.write('package.json', '{}')
    expect(await api.json('/ui/questions')).toEqual({ questions: [] })
  })

  test('whose folder is not there says so', async () => {
    folder.write('package.json', '{"terrace": {"questions": "./elsewhere"}}')
    const { status, body } = await api.ask('/ui/questions')
    expect(status).toBe(500)
    expect(body).toMatchObject({
      code: 'project_file',
      detail: expect.stringContaining('correct "terrace" in package.json'),
    })
    folder.write('package.json', MANIFEST)
  })
})
