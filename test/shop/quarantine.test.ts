import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { checkLoads } from '../../tasks/dds/index.ts'
import { replay } from '../../tasks/quarantine/replay.ts'
import { eventId, sampleEvent } from './sample-events.ts'
import {
  landTopic,
  loadVault,
  nextContext,
  openTestWarehouse,
  type TestWarehouse,
} from './warehouse.ts'

// The rules before they were mended: they knew nothing of mobile-web.
const oldRules = vi.hoisted(() => ({ hold: true }))
vi.mock('../../tasks/messages/validate-message.ts', async (original) => {
  const rules = await original<typeof import('../../tasks/messages/validate-message.ts')>()
  return {
    ...rules,
    validateMessage(message: Parameters<typeof rules.validateMessage>[0]) {
      return oldRules.hold && message.value?.includes('mobile-web')
        ? { reason: 'bad_value', detail: 'platform: found "mobile-web".', eventId: null }
        : rules.validateMessage(message)
    },
  }
})

function view(n: number, platform: string): string {
  const event = sampleEvent('view', n)
  return JSON.stringify({ ...event, payload: { ...event.payload, platform } })
}

const MESSAGES = {
  loaded: view(1, 'desktop'),
  conflict: view(1, 'mobile-app'),
  refused: view(2, 'mobile-web'),
  repeated: view(2, 'mobile-web'),
  alsoRefused: view(3, 'mobile-web'),
  broken: view(4, 'desktop').slice(0, -1),
}

describe('A replay', () => {
  let shop: TestWarehouse
  let logId: string
  let firstLoads: Awaited<ReturnType<typeof loadVault>>
  const by = { dryRun: false, replayedBy: 'cli:test' }
  const reason = { selection: { reason: 'bad_value' } }
  const place = (name: keyof typeof MESSAGES) => {
    const offset = String(Object.keys(MESSAGES).indexOf(name))
    return { selection: { place: { logId, topic: 'user_events', partition: 0, offset } } }
  }

  async function rows(query: string) {
    return (await shop.pool.query(query)).rows
  }
  const counts = async () => {
    const [row] = await rows(
      `select count_raw::int as raw, count_loaded::int as loaded, difference::int,
         count_quarantined::int as refused, count_duplicates::int as duplicates
       from dds.accounting`,
    )
    return row
  }
  const everything = async () =>
    Promise.all(
      ['raw.quarantine', 'raw.replay', 'raw.duplicate', 'dds.load', 'dds.stage_event'].map(
        (table) => rows(`select to_jsonb(t) as row from ${table} as t order by 1`),
      ),
    )

  beforeAll(async () => {
    shop = await openTestWarehouse()
    await shop.log.ensureTopics([{ topic: 'user_events', partitions: 1 }])
    await shop.log.append(
      'user_events',
      Object.values(MESSAGES).map((text) => ({ key: 'k', value: Buffer.from(text) })),
    )
    await landTopic()
    firstLoads = await loadVault()
    oldRules.hold = false
    logId = (await rows('select distinct log_id from raw.user_events'))[0].log_id
    expect(await counts()).toMatchObject({ raw: 6, loaded: 1, refused: 5, difference: 0 })
  })
  afterAll(() => shop.close())

  it('says what would become of the messages, and changes nothing, as a dry run', async () => {
    const before = await everything()
    const result = await replay(shop.pool, { ...reason, ...by, dryRun: true })
    expect(result).toEqual({ loadIds: [], topics: [], staged: 2, duplicates: 1, refused: [] })
    expect(await everything()).toEqual(before)
  })

  it('says why a message is still refused, and leaves it as it was', async () => {
    const before = await everything()
    const broken = await replay(shop.pool, { ...place('broken'), ...by })
    expect(broken).toMatchObject({ staged: 0, refused: [{ offset: '5', reason: 'not_json' }] })
    const conflict = await replay(shop.pool, { ...place('conflict'), ...by })
    expect(conflict.refused).toMatchObject([{ offset: '1', reason: 'event_id_conflict' }])
    expect(await everything()).toEqual(before)
  })

  it('takes what passes now, once, although two ask for it', async () => {
    const both = await Promise.all([
      replay(shop.pool, { ...reason, ...by }),
      replay(shop.pool, { ...reason, ...by }),
    ])
    expect(both.map(({ staged }) => staged).sort()).toEqual([0, 2])
    const [load] = await rows(
      `select ranges, count_raw::int, count_staged::int, count_duplicates::int, count_quarantined::int
       from dds.load where state = 'staged'`,
    )
    expect(load).toEqual({
      ranges: [[0, '2', '5']],
      count_raw: 3,
      count_staged: 2,
      count_duplicates: 1,
      count_quarantined: 0,
    })
    expect(await counts()).toMatchObject({ refused: 2, difference: 0 })
  })

  it('is refused while a rebuild of dds is under way', async () => {
    await shop.pool.query('create schema dds_next')
    const attempt = replay(shop.pool, { ...place('broken'), ...by, mended: Buffer.from('{') })
    await expect(attempt).rejects.toThrow('dds is being rebuilt')
    await shop.pool.query('drop schema dds_next')
  })

  it('is loaded by the next run, and every message is accounted for', async () => {
    await loadVault()
    expect(await counts()).toEqual({ raw: 6, loaded: 3, refused: 2, duplicates: 1, difference: 0 })
    const events = await rows(`select kafka_offset::int as place from dds.nl_event order by 1`)
    expect(events.map((event) => event.place)).toEqual([0, 2, 4])
    await expect(checkLoads({ loads: firstLoads }, nextContext())).resolves.toBeDefined()
  })

  it('keeps the row of quarantine as it was refused, and who replayed it', async () => {
    const [row] = await rows(
      `select q.reason, q.rule_version > 0 as ruled, q.value, q.replayed_at = r.replayed_at as at,
         r.outcome, r.replayed_by, r.mended_value
       from raw.quarantine as q
       join raw.replay as r using (topic, kafka_partition, kafka_offset, log_id)
       where kafka_offset = 3`,
    )
    expect(row).toEqual({
      reason: 'bad_value',
      ruled: true,
      value: Buffer.from(MESSAGES.repeated),
      at: true,
      outcome: 'duplicate',
      replayed_by: 'cli:test',
      mended_value: null,
    })
  })

  it('changes nothing the second time', async () => {
    const before = await everything()
    const again = await replay(shop.pool, { ...reason, ...by })
    expect(again).toEqual({ loadIds: [], topics: [], staged: 0, duplicates: 0, refused: [] })
    expect(await everything()).toEqual(before)
  })

  it('judges mended bytes in place of the message, and keeps both', async () => {
    const wrong = await replay(shop.pool, { ...place('broken'), ...by, mended: Buffer.from('{') })
    expect(wrong.refused).toMatchObject([{ reason: 'not_json' }])
    const mended = Buffer.from(view(4, 'desktop'))
    expect(await replay(shop.pool, { ...place('broken'), ...by, mended })).toMatchObject({
      staged: 1,
    })
    await loadVault()
    const [row] = await rows(
      `select quarantine.value, mended_value, nl_event.event_id from raw.quarantine
       join raw.replay using (topic, kafka_partition, kafka_offset, log_id)
       join dds.nl_event using (topic, kafka_partition, kafka_offset, log_id)
       where kafka_offset = 5`,
    )
    expect(row).toEqual({
      value: Buffer.from(MESSAGES.broken),
      mended_value: mended,
      event_id: eventId(4),
    })
    expect(await counts()).toMatchObject({ loaded: 4, refused: 1, difference: 0 })
  })
})
