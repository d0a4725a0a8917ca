// Several topics in raw: each has a partition, and who reads one of them reads no other.

import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { declaredTopics, parseTopics } from '../../connections/topics.ts'
import { type LayerBox, readLayers } from '../../orchestrator/project-files/layers.ts'
import { projectPath } from '../../orchestrator/project-files/manifest.ts'
import { createIncoming } from '../../tasks/dds/copy-incoming.ts'
import { cleanAndValidate, rebuildVault } from '../../tasks/dds/index.ts'
import { readMessages } from '../../tasks/quarantine/read-quarantine.ts'
import { replay } from '../../tasks/quarantine/replay.ts'
import { measureLag } from '../../tasks/raw/index.ts'
import { sampleEvent } from './sample-events.ts'
import {
  landTopic,
  loadVault,
  nextContext,
  openTestWarehouse,
  type TestWarehouse,
} from './warehouse.ts'

const TOPICS = {
  user_events: 'raw.user_events',
  'order-service_orders': 'raw.order_service_orders',
}

interface Asked {
  text: string
  values: unknown[]
}

let shop: TestWarehouse
/** Statements that named raw.message, each text once. */
const asked = new Map<string, Asked>()

beforeAll(async () => {
  shop = await openTestWarehouse()
  await shop.log.ensureTopics([...declaredTopics()])
  const query = Client.prototype.query
  const spy = vi.spyOn(Client.prototype, 'query').mockImplementation(function (
    this: Client,
    ...args: unknown[]
  ) {
    note(args)
    return Reflect.apply(query, this, args)
  } as typeof query)
  try {
    let n = 0
    for (const topic of Object.keys(TOPICS)) {
      await shop.log.append(topic, [
        ...[1, 2, 3].map(() => ({
          key: 'u1',
          value: Buffer.from(JSON.stringify(sampleEvent('view', ++n))),
          headers: { source: 'terrace' },
        })),
        { key: 'u1', value: Buffer.from(JSON.stringify(sampleEvent('view', ++n))) },
        { key: 'u1', value: Buffer.from('no JSON'), headers: { source: 'terrace' } },
      ])
      expect(await landTopic(50_000, topic)).toBe(5)
      await loadVault({ topic })
      const { rows } = await shop.pool.query<{ kafka_partition: number; kafka_offset: string }>(
        'select kafka_partition, kafka_offset from raw.quarantine where topic = $1',
        [topic],
      )
      const { kafka_partition: partition, kafka_offset: offset } = rows[0]!
      await readMessages(shop.pool, { topic, partition, offset })
      const place = { logId: await shop.log.logId(), topic, partition, offset }
      const replayed = await replay(shop.pool, {
        selection: { place },
        dryRun: true,
        replayedBy: 'test',
      })
      expect(replayed.refused).toHaveLength(1)
    }
    for (const box of readLayers(projectPath(process.cwd(), 'layers', 'a folder') ?? '')) {
      const { kind, sql } = box as LayerBox
      if (kind === 'raw') await shop.pool.query(sql)
    }
    const context = nextContext({ conf: { rebuild: true } })
    expect(await rebuildVault({}, context)).toEqual({ isRebuilt: true, countLoads: 2 })
  } finally {
    spy.mockRestore()
  }
})
afterAll(() => shop.close())

function note(args: unknown[]): void {
  const [first, second] = args
  const query = typeof first === 'string' ? { text: first, values: second } : (first as Asked)
  const values = Array.isArray(query.values) ? query.values : []
  // Statements on the vault that was built beside dds are the same, and it is gone.
  if (typeof query.text !== 'string' || query.text.includes('dds_next')) return
  if (!/^(select|with|insert|update|delete)\b/i.test(query.text.replace(/^(\s|--.*\n)*/, '')))
    return
  if (/\b(raw\.message|dds\.topic_status)\b/.test(query.text))
    asked.set(query.text, { text: query.text, values })
}

/** Partitions of raw.message in the plan; of those that are there, the ones that were executed. */
function partitionsIn(plan: unknown, found = { planned: new Set(), executed: new Set() }) {
  if (Array.isArray(plan)) for (const part of plan) partitionsIn(part, found)
  else if (typeof plan === 'object' && plan !== null) {
    const node = plan as Record<string, unknown>
    const name = `${node.Schema}.${node['Relation Name']}`
    if (Object.values(TOPICS).includes(name)) {
      found.planned.add(name)
      if (Number(node['Actual Loops']) > 0) found.executed.add(name)
    }
    for (const part of Object.values(node)) partitionsIn(part, found)
  }
  return found
}

describe('Two topics', () => {
  it('are landed in a partition each', async () => {
    for (const [topic, partition] of Object.entries(TOPICS)) {
      const { rows } = await shop.pool.query(
        `select distinct topic, tableoid::regclass::text as partition from raw.message where topic = $1`,
        [topic],
      )
      expect(rows).toEqual([{ topic, partition }])
    }
  })

  it('are read one at a time: every statement that asks for one leaves the other out', async () => {
    expect(asked.size).toBeGreaterThanOrEqual(5)
    const client = await shop.pool.connect()
    try {
      for (const { text, values } of asked.values()) {
        await client.query('begin')
        await createIncoming(client)
        // A query may find while it runs which partition it needs; what writes is only planned.
        const how = /\b(insert|update|delete)\b/i.test(text) ? 'verbose' : 'analyze, verbose'
        const { rows } = await client.query(`explain (${how}, format json) ${text}`, values)
        await client.query('rollback')
        const { planned, executed } = partitionsIn(rows)
        if (planned.size !== 1) expect(executed.size, text).toBeLessThanOrEqual(1)
      }
    } finally {
      client.release()
    }
  })

  it('are accounted for, by topic and by source', async () => {
    const { rows } = await shop.pool.query(
      `select topic, source, count_raw::int as raw, count_loaded::int as loaded,
         count_quarantined::int as refused, difference::int
       from dds.accounting_by_source order by topic, source`,
    )
    expect(rows).toEqual(
      Object.keys(TOPICS)
        .sort()
        .flatMap((topic) => [
          { topic, source: 'terrace', raw: 4, loaded: 3, refused: 1, difference: 0 },
          { topic, source: 'unknown', raw: 1, loaded: 1, refused: 0, difference: 0 },
        ]),
    )
    const { rows: off } = await shop.pool.query(
      'select * from dds.accounting where difference <> 0 or topic is null',
    )
    expect(off).toEqual([])
  })
})

describe('A topic that is not declared', () => {
  it.each([
    ['landed', () => measureLag({ topics: ['user_evnets'] })],
    ['loaded', () => cleanAndValidate({ topic: 'user_evnets' }, nextContext())],
  ])('is not %s; the message says where to declare it', async (_, work) => {
    await expect(work()).rejects.toThrow(
      /"user_evnets" is not declared.*Declared are user_events, .*seeds\/topics\.json.*terrace db migrate/,
    )
  })
})

describe('seeds/topics.json', () => {
  const row = (topic: unknown, more: object = {}) => ({
    topic,
    partitions: 1,
    landed_by: 'lands',
    loaded_by: 'loads',
    ...more,
  })
  it.each([
    [[row('a'), { topic: 'b', partitions: 1 }], 'is wrong in row 2: "landed_by" '],
    [[row('Orders')], 'row 1: "topic" use at most 63 lower-case letters'],
    [[row('a', { partitions: 0 })], 'row 1: "partitions" '],
    [[row('a', { partition: 1 })], 'row 1: Unrecognized key: "partition"'],
    [[row('a-b'), row('a_b')], 'topics "a-b" and "a_b" would share the partition raw.a_b'],
    [[row('a'), row('a')], 'topic "a" stands there twice'],
    [{}, 'is wrong: Invalid input: expected array'],
  ])('%j: %s', (json, message) => {
    expect(() => parseTopics(JSON.stringify(json))).toThrow(message)
  })

  it('says that it is no JSON', () => {
    expect(() => parseTopics('[')).toThrow('seeds/topics.json is no JSON')
  })
})
