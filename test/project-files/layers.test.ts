import { afterEach, beforeEach, expect, test } from 'vitest'
import { readLayers } from '../../orchestrator/project-files/layers.ts'
import { projectMarts, projectPath } from '../../orchestrator/project-files/manifest.ts'
import { type ProjectFolder, projectFolder } from '../support/project-folder.ts'

const TOPIC = `-- title: events
-- layer: topic
-- topic: events
select 0 as partition, 7 as next_offset
`
const RAW = `-- title: raw.events
-- layer: raw
-- reads: topic_events
-- dag: land_events
select 1 as rows
`

let project: ProjectFolder

beforeEach(() => {
  project = projectFolder({ 'topic_events.sql': TOPIC, 'raw_events.sql': RAW })
})
afterEach(() => project.remove())

const boxOf = (id: string) => readLayers(project.path).find((box) => box.id === id)

test('a box is its head and its statement, in the database of its layer', () => {
  expect(boxOf('raw_events')).toEqual({
    id: 'raw_events',
    file: expect.stringMatching(/raw_events\.sql$/),
    title: 'raw.events',
    kind: 'raw',
    database: 'warehouse',
    topic: null,
    reads: ['topic_events'],
    dagId: 'land_events',
    tables: [],
    sql: 'select 1 as rows',
  })
  expect(boxOf('topic_events')).toMatchObject({ kind: 'topic', topic: 'events', reads: [] })
  project.write('marts.sql', RAW.replace('layer: raw', 'layer: marts'))
  expect(boxOf('marts')).toMatchObject({ database: 'marts' })
  project.write('marts.sql', RAW.replace('layer: raw', 'layer: marts\n-- database: warehouse'))
  expect(boxOf('marts')).toMatchObject({ database: 'warehouse' })
})

test.each([
  ['reads no box', RAW.replace('topic_events', 'nowhere'), ':3: it reads "nowhere"'],
  ['is of no layer', RAW.replace('layer: raw', 'layer: gold'), ':2: layer is "gold". Use topic,'],
  ['has no topic', RAW.replace('layer: raw', 'layer: topic'), 'has no topic'],
])('a file that %s is a box with a problem', (_what, text, message) => {
  project.write('dds_wrong.sql', text)
  expect(boxOf('dds_wrong')).toEqual({
    id: 'dds_wrong',
    file: expect.any(String),
    kind: 'dds',
    problem: expect.stringContaining(message),
  })
  expect(boxOf('raw_events')).not.toHaveProperty('problem')
})

const fact = (reads: string) => `-- title: One visit
-- kind: fact
-- grain: visit
-- reads: ${reads}
-- source: all
-- key: visit_hk
select 1 as visits
`
const MART = `-- title: Visits day by day
-- kind: mart
-- grain: source, day
-- reads: marts.fct_visit
-- source: all
select day from marts.fct_visit where source = {source:String} and day in {days:Array(Date)}
`

function martBoxes(reads: string) {
  project.write('raw_events.sql', RAW.replace('reads:', 'tables: dds.h_*, dds.visit\n-- reads:'))
  for (const [table, load] of Object.entries({ fct_visit: fact(reads), daily_visits: MART })) {
    project.write(`marts/${table}/load.sql`, load)
    project.write(`marts/${table}/check.sql`, 'select 1')
  }
  const marts = { folder: `${project.path}/marts`, dagId: 'load_marts' }
  return readLayers(project.path, marts).slice(2)
}

test('each table of the marts is a box, filled from the boxes that hold what it reads', () => {
  expect(martBoxes('dds.h_user, dds.visit_now')).toMatchObject([
    { id: 'marts_fct_visit', title: 'fct_visit', kind: 'marts', reads: ['raw_events'] },
    {
      id: 'marts_daily_visits',
      database: 'marts',
      reads: ['marts_fct_visit'],
      dagId: 'load_marts',
    },
  ])
  expect(martBoxes('dds.visit')).toMatchObject([{ reads: ['raw_events'] }, {}])
  expect(martBoxes('dds.visits, dds.xh_user')).toMatchObject([{ reads: [] }, {}])
})

test('a load whose head is wrong is a box with a problem, and hides no other', () => {
  expect(martBoxes('visits')).toEqual([
    {
      id: 'marts',
      file: expect.any(String),
      kind: 'marts',
      problem: expect.stringContaining('fct_visit/load.sql:4: reads has "visits"'),
    },
  ])
  expect(boxOf('raw_events')).not.toHaveProperty('problem')
})

test('package.json says where the marts are, and which DAG fills them', () => {
  expect(projectMarts(project.path)).toBeNull()
  project.write('package.json', '{"terrace": {"marts": {"folder": "./m", "dag": "load"}}}')
  expect(projectMarts(project.path)).toEqual({ folder: `${project.path}/m`, dagId: 'load' })
  project.write('package.json', '{"terrace": {"marts": "./m"}}')
  expect(() => projectMarts(project.path)).toThrow('such as {"folder": "./sql/marts", "dag":')
})

test('package.json says where the files are', () => {
  const path = () => projectPath(project.path, 'layers', 'a folder, such as "./sql/layers"')
  expect(path()).toBeNull()
  project.write('package.json', '{"name": "shop"}')
  expect(path()).toBeNull()
  project.write('package.json', '{"terrace": {"layers": "./sql/layers"}}')
  expect(path()).toBe(`${project.path}/sql/layers`)
  project.write('package.json', '{"terrace": {"layers": ["./sql/layers"]}}')
  expect(path).toThrow('must be the path of a folder, such as "./sql/layers"')
  project.write('package.json', '{"terrace": ')
  expect(path).toThrow('is not JSON')
})
