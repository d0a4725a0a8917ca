// Layers of a project that knows nothing of any shop, over a real warehouse, event log and marts.

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { migrateEventLog, openPostgresEventLog } from '../../connections/event-log/index.ts'
import { openPostgres, type Pool } from '../../connections/postgres.ts'
import {
  openProjectReads,
  type ProjectReads,
  WAREHOUSE_CONNECTIONS,
} from '../../orchestrator/api/ui/project-reads.ts'
import { type MartsStore, openMartsStore } from '../shop/marts-store.ts'
import type { FreshDatabase } from '../support/database.ts'
import { type ProjectFolder, projectFolder } from '../support/project-folder.ts'
import { openUiApi, type UiApi } from '../support/ui-api.ts'
import { until } from '../support/until.ts'
import { seededDatabase } from './seeded-metadata.ts'

const box = (layer: string, head: string, sql: string) =>
  `-- title: ${layer} box\n-- layer: ${layer}\n${head}\n${sql}\n`
const topic = (name: string, sql: string) => box('topic', `-- topic: ${name}`, sql)
const TAKEN = 'select partition, next_offset from taken'

let store: MartsStore
let database: FreshDatabase
let folder: ProjectFolder
let project: ProjectReads
let api: UiApi
let warehouse: Pool

beforeAll(async () => {
  store = await openMartsStore()
  database = await seededDatabase()
  warehouse = openPostgres(database.url, { max: 2 })
  await migrateEventLog(warehouse)
  const log = openPostgresEventLog(warehouse)
  await log.ensureTopics([{ topic: 'events', partitions: 2 }])
  const messages = Array.from({ length: 10 }, () => ({ key: 'k', value: Buffer.from('{}') }))
  await log.append('events', messages)
  await log.close()
  await warehouse.query('create table taken (partition int, next_offset int8)')
  await store.client.command({ query: 'create database if not exists marts' })
  await store.client.command({ query: 'create table marts.t (n UInt8) order by n' })
  await store.client.command({ query: 'insert into marts.t values (1), (2)' })
  folder = projectFolder({
    'package.json': '{"terrace": {"layers": "./layers"}}',
    'layers/topic_events.sql': topic('events', TAKEN),
    'layers/topic_unwritten.sql': topic('unwritten', TAKEN),
    'layers/raw_events.sql': box(
      'raw',
      '-- reads: topic_events\n-- dag: land_events',
      `select 9007199254740991::int8 as rows, now() - interval '90 s' as newest_at,
         7::numeric as lag, 3 as quarantined`,
    ),
    'layers/dds_empty.sql': box('dds', '-- reads: raw_events', 'select null::int8 as rows'),
    'layers/marts_t.sql': box(
      'marts',
      '-- reads: dds_empty',
      `select sum(rows) as rows, max(modification_time) as newest_at from system.parts
       where database = 'marts' and table = 't' and active`,
    ),
    'layers/marts_none.sql': box(
      'marts',
      '',
      `select count() as rows, max(modification_time) as newest_at from system.parts where 0`,
    ),
  })
  project = openProjectReads(
    {
      databaseUrl: database.url,
      warehouseUrl: database.url,
      redisUrl: null,
      kafkaBrokers: null,
      clickhouseUrl: store.url,
    },
    { folder: folder.path, currency: 'EUR' },
  )
})

afterAll(async () => {
  await api.close()
  await project.close()
  await warehouse.end()
  await database.drop()
  await store.close()
  folder.remove()
})

/** A server of its own each time: answers are kept for seconds. */
async function flow() {
  await api?.close()
  api = await openUiApi(database.url, { project })
  const { layers, edges } = await api.json('/ui/layers')
  return { edges, box: (id: string) => layers.find((one: { id: string }) => one.id === id) }
}

describe('the layers', () => {
  test('have the figures that their statements answer, and an edge for each box they read', async () => {
    const { edges, box } = await flow()
    expect(edges).toEqual([
      ['raw_events', 'dds_empty'],
      ['dds_empty', 'marts_t'],
      ['topic_events', 'raw_events'],
    ])
    expect(box('raw_events')).toEqual({
      id: 'raw_events',
      title: 'raw box',
      kind: 'raw',
      rows: 9007199254740991,
      newest_at: expect.stringMatching(/Z$/),
      freshness_seconds: expect.any(Number),
      lag: 7,
      quarantined: 3,
      problem: null,
      dag_id: 'land_events',
    })
    expect(box('raw_events').freshness_seconds).toBeGreaterThanOrEqual(90)
    expect(box('dds_empty')).toMatchObject({ rows: null, newest_at: null, problem: null })
    expect(box('marts_t')).toMatchObject({ rows: 2, problem: null })
    expect(Date.parse(box('marts_t').newest_at)).toBeGreaterThan(Date.now() - 600_000)
    expect(box('marts_none')).toMatchObject({ rows: 0, newest_at: null, freshness_seconds: null })
  })

  test('ask the warehouse for no more at once than it has connections', async () => {
    const { warehouse: pool } = project
    const query = pool.query.bind(pool) as (statement: unknown) => Promise<unknown>
    // They stand before all others by name: no lane begins with a box that asks another store.
    for (const n of [1, 2, 3, 4, 5, 6]) {
      folder.write(`layers/a_raw_${n}.sql`, box('raw', '', 'select 1 as rows'))
    }
    let asking = 0
    let most = 0
    const counted = async (statement: unknown) => {
      asking += 1
      most = Math.max(most, asking)
      // No answer comes before as many ask as may.
      await until('all lanes ask', async () => most >= WAREHOUSE_CONNECTIONS)
      return query(statement).finally(() => {
        asking -= 1
      })
    }
    const spy = vi.spyOn(pool, 'query').mockImplementation(counted as never)
    await flow()
    spy.mockRestore()
    expect(most).toBe(WAREHOUSE_CONNECTIONS)
  })

  test('tell how much of a topic nobody has taken yet', async () => {
    expect((await flow()).box('topic_events')).toMatchObject({ rows: 10, lag: 10 })
    const { rows } = await warehouse.query(
      `insert into taken select partition, next_offset - 4 from event_log.partition
       where next_offset > 0 returning partition`,
    )
    expect(rows).toHaveLength(1)
    const { box } = await flow()
    expect(box('topic_events')).toMatchObject({ rows: 10, lag: 4 })
    expect(box('topic_unwritten')).toMatchObject({ rows: 0, lag: 0, problem: null })
    await warehouse.query('update taken set next_offset = 99')
    expect((await flow()).box('topic_events')).toMatchObject({
      rows: null,
      problem: expect.stringContaining('the event log ends at 10'),
    })
  })

  test('keep what is wrong with one box to that box', async () => {
    const wrong: [id: string, text: string, problem: RegExp][] = [
      ['raw_head', box('raw', '-- reads: nowhere', 'select 1'), /raw_head\.sql:3: it reads/],
      ['raw_sql', box('raw', '', 'select x from nowhere'), /raw_sql\.sql: relation "nowhere"/],
      ['raw_rows', box('raw', '', 'select 1 as rows from taken, taken t2'), /answers \d+ rows/],
      ['raw_name', box('raw', '', 'select 1 as count'), /answers "count"\. Use rows, newest_at/],
      [
        'raw_text',
        box('raw', '', `select 'many' as rows`),
        /"rows" is "many"\. Let it be a number/,
      ],
      ['raw_two', box('raw', '', 'select 1 as rows; commit'), /multiple commands/],
      ['raw_write', box('raw', '', 'with d as (delete from taken) select 1'), /read-only/],
      ['marts_sql', box('marts', '', 'select nowhere'), /marts_sql\.sql: Code: 47/],
      ['topic_sql', topic('events', 'select 1 as partition'), /answers `partition` and/],
    ]
    await warehouse.query('insert into taken values (7, 0)')
    for (const [id, text] of wrong) folder.write(`layers/${id}.sql`, text)
    const { box: read } = await flow()
    for (const [id, , problem] of wrong) {
      expect(read(id)).toMatchObject({ rows: null, problem: expect.stringMatching(problem) })
      expect(read(id).problem).not.toContain('for-tests')
    }
    expect(read('marts_t')).toMatchObject({ rows: 2, problem: null })
  })

  test('of a project without the setting are none', async () => {
    folder.write('package.json', '{}')
    await api.close()
    api = await openUiApi(database.url, { project })
    expect(await api.json('/ui/layers')).toEqual({ layers: [], edges: [] })
    const without = await openUiApi(database.url)
    expect(await without.json('/ui/layers')).toEqual({ layers: [], edges: [] })
    await without.close()
  })
})
