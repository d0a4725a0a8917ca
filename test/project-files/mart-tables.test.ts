import { afterEach, beforeEach, expect, test } from 'vitest'
import { readMartTables } from '../../orchestrator/project-files/mart-tables.ts'
import { type ProjectFolder, projectFolder } from '../support/project-folder.ts'

const FACT = `-- title: One visit
-- kind: fact
-- grain: visit
-- reads: dds.h_user,
--   dds.nl_event
-- source: all
-- key: day, visit_hk
--
-- Comments are for people.
select 1 as visits
`
const MART = `-- title: Visits day by day
-- kind: mart
-- grain: source, day
-- reads: marts.fct_visit
-- source: terrace
select day from marts.fct_visit where source = {source:String} and day in {days:Array(Date)}
`
const MONTHLY = MART.replace('source, day', 'source, month').replace('fct_visit', 'daily_visits')

let project: ProjectFolder

beforeEach(() => {
  project = projectFolder({
    'a_monthly/load.sql': MONTHLY,
    'daily_visits/load.sql': MART,
    'fct_visit/load.sql': FACT,
    'ddl/0001_tables.sql': 'create table nothing',
  })
  for (const table of ['a_monthly', 'daily_visits', 'fct_visit']) {
    project.write(`${table}/check.sql`, 'select 1')
  }
})
afterEach(() => project.remove())

test('a folder with a load is a table, and comes after those that it reads', () => {
  const tables = readMartTables(project.path)
  expect(tables.map(({ name }) => name)).toEqual(['fct_visit', 'daily_visits', 'a_monthly'])
  expect(tables[0]).toEqual({
    name: 'fct_visit',
    file: expect.stringMatching(/fct_visit\/load\.sql$/),
    title: 'One visit',
    kind: 'fact',
    grain: ['visit'],
    reads: ['dds.h_user', 'dds.nl_event'],
    readsTables: [],
    source: 'all',
    key: ['day', 'visit_hk'],
    replaces: 'days',
  })
  expect(tables[1]).toMatchObject({
    readsTables: ['fct_visit'],
    key: [],
    replaces: 'days',
    source: 'terrace',
  })
  expect(tables[2]).toMatchObject({ readsTables: ['daily_visits'], replaces: 'all' })
})

test.each<[string, string, string]>([
  ['no kind', MART.replace('-- kind: mart\n', ''), 'has no kind. Write "-- kind: …"'],
  ['another kind', MART.replace('kind: mart', 'kind: view'), ':2: kind is "view". Use fact, mart.'],
  ['an unknown key', MART.replace('-- source', '-- shop'), ':5: no key "shop". Use title, kind,'],
  ['a key twice', `-- grain: day\n${MART}`, '"grain" stands twice: line 1 has it'],
  ['no source', MART.replace('-- source: terrace\n', ''), 'has no source. Write "-- source: …"'],
  ['a table without schema', MART.replace('marts.fct', 'fct'), ':4: reads has "fct_visit". Write'],
  [
    'a table without folder',
    MART.replace(/fct_visit/g, 'fct_sale'),
    ':4: it reads "marts.fct_sale", which has no folder. There are marts.a_monthly, marts.daily_visits,',
  ],
  ['no table of the marts', MART.replace('marts.', 'dds.'), 'Facts are marts.fct_visit.'],
  ['a key', MART.replace('-- source', '-- key: day\n-- source'), ':5: a mart has no key'],
  [
    'a circle',
    MART.replace('fct_visit', 'a_monthly'),
    ':4: a_monthly, daily_visits read each other in a circle.',
  ],
  [
    'a statement of all days',
    MART.replace(' and day in {days:Array(Date)}', ''),
    ':6: it replaces days, and the statement makes all of them. Add "and day in',
  ],
  [
    'a statement of every source',
    MART.replace('source = {source:String} and', ''),
    ':6: it is built a source at a time. Add "where source = {source:String}"',
  ],
  [
    'days to replace and none in its grain',
    MART.replace('source, day\n', 'source\n-- replaces: days\n'),
    ':4: it replaces days, and its grain has none.',
  ],
  ['no statement', MART.replace(/select.*\n/, ''), 'has no statement'],
])('a load with %s names file, line and what is allowed', (_what, text, message) => {
  project.write('daily_visits/load.sql', text)
  const read = () => readMartTables(project.path)
  expect(read).toThrow(message)
  expect(read).toThrow(/(daily_visits|a_monthly)\/load\.sql/)
})

test('a source that the project does not declare is refused', () => {
  expect(readMartTables(project.path, ['terrace'])).toHaveLength(3)
  expect(() => readMartTables(project.path, ['ehandel'])).toThrow(
    ':5: source is "terrace". Use all, ehandel.',
  )
})

test('a fact without a key, and one that reads a mart, are refused', () => {
  project.write('fct_visit/load.sql', FACT.replace('-- key: day, visit_hk\n', ''))
  expect(() => readMartTables(project.path)).toThrow('fct_visit/load.sql: has no key.')
  project.write('fct_visit/load.sql', FACT.replace('dds.h_user', 'marts.daily_visits'))
  expect(() => readMartTables(project.path)).toThrow(':4: a fact reads no table of the marts')
})

test('a folder with one of load and check says which is missing', () => {
  project.write('half/load.sql', MART)
  expect(() => readMartTables(project.path)).toThrow('it has a load.sql and no check.sql.')
  project.write('half/check.sql', 'select 1')
  expect(readMartTables(project.path)).toHaveLength(4)
})
