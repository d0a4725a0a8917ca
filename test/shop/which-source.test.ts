import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rebuildVault } from '../../tasks/dds/index.ts'
import { onlySourceOf } from '../../tasks/messages/source-rules.ts'
import { validateMessage } from '../../tasks/messages/validate-message.ts'
import type { MessageHeaders } from '../../tasks/messages/which-source.ts'
import { replay } from '../../tasks/quarantine/replay.ts'
import { ehandelOrder } from './ehandel-orders.ts'
import { sampleEvent } from './sample-events.ts'
import {
  landTopic,
  loadVault,
  nextContext,
  openTestWarehouse,
  type TestWarehouse,
} from './warehouse.ts'

const ORDERS = 'order-service_orders'

describe('A message', () => {
  const judged = (value: object, headers: MessageHeaders, topic = 'user_events') => {
    const bytes = Buffer.from(JSON.stringify(value))
    const verdict = validateMessage({
      topic,
      key: null,
      headers,
      onlySource: onlySourceOf(topic),
      value: bytes,
      bytes: bytes.length,
      receivedAt: new Date('2026-06-01T00:00:00Z'),
    })
    return 'reason' in verdict ? verdict : verdict.message
  }
  const view = sampleEvent('view', 1)
  const order = ehandelOrder(1)

  it('is of the source that its header names', () => {
    expect(judged(order, { source: 'ehandel' })).toMatchObject({ source: 'ehandel' })
    expect(judged({ ...order, source: 'terrace' }, { source: 'ehandel' })).toMatchObject({
      source: 'ehandel',
    })
    expect(judged(view, { source: 'elsewhere' })).toMatchObject({
      reason: 'unknown_source',
      detail: expect.stringContaining('found "elsewhere", allowed are ehandel, terrace'),
    })
  })

  it('is of the source that its envelope names, without such a header', () => {
    expect(judged(view, {})).toMatchObject({ source: 'terrace' })
    expect(judged(view, { source: { base64: '/w==' } })).toMatchObject({ source: 'terrace' })
    expect(judged(view, { source: '' })).toMatchObject({ source: 'terrace' })
    expect(judged(view, {}, 'orders-handled')).toMatchObject({ source: 'terrace' })
  })

  it('is of the only source of its topic, when it names none', () => {
    expect(onlySourceOf('orders-handled')).toBe('ehandel')
    expect(judged(order, {}, 'orders-handled')).toMatchObject({ source: 'ehandel' })
  })

  it('is of an unknown source, when its topic has several or none', () => {
    for (const topic of [ORDERS, 'user_events', 'nobodys']) {
      expect(onlySourceOf(topic)).toBeNull()
      expect(judged(order, {}, topic)).toMatchObject({
        reason: 'unknown_source',
        detail: `source: found none, and not one source alone sends to topic ${topic}, allowed are ehandel, terrace.`,
      })
    }
  })

  it('goes to quarantine with the id that it or its header gives', () => {
    expect(judged({ event_id: 'a' }, { event_id: 'b' })).toMatchObject({ eventId: 'a' })
    expect(judged({}, { event_id: 'b' })).toMatchObject({ eventId: 'b' })
    expect(judged({}, {})).toMatchObject({ eventId: null })
  })
})

describe('A message of an unknown source', () => {
  let shop: TestWarehouse
  const rows = async (query: string) => (await shop.pool.query(query)).rows
  const events = () =>
    rows('select source, event_id, load_id::int, kafka_offset::int from dds.nl_event order by 2')

  beforeAll(async () => {
    shop = await openTestWarehouse()
    await shop.log.ensureTopics([{ topic: ORDERS, partitions: 1 }])
    await shop.log.append(
      ORDERS,
      [1, 2, 2].map((n) => ({
        key: 'k',
        value: Buffer.from(JSON.stringify(ehandelOrder(n))),
        ...(n === 1 && { headers: { source: 'ehandel' } }),
      })),
    )
    await landTopic(undefined, ORDERS)
    await loadVault({ topic: ORDERS })
  })
  afterAll(() => shop.close())

  it('waits until people say whose it is', async () => {
    const asked = { selection: { reason: 'unknown_source' }, dryRun: false, replayedBy: 'test' }
    expect(await replay(shop.pool, asked)).toMatchObject({ staged: 0, refused: [{}, {}] })
    const said = await replay(shop.pool, { ...asked, source: 'ehandel' })
    expect(said).toMatchObject({ staged: 1, duplicates: 1, refused: [] })
    expect(await rows('select said_source from raw.replay')).toEqual([
      { said_source: 'ehandel' },
      { said_source: 'ehandel' },
    ])
    await loadVault({ topic: ORDERS })
    expect((await events()).map((event) => event.event_id)).toEqual(['100001', '100002'])
  })

  it('is decided the same way by a rebuild', async () => {
    const before = await events()
    await rebuildVault({}, nextContext({ conf: { rebuild: true } }))
    expect(await events()).toEqual(before)
    const [accounts] = await rows('select sum(difference)::int as off from dds.accounting')
    expect(accounts).toEqual({ off: 0 })
  })
})

describe('A topic that has a second source by now', () => {
  let shop: TestWarehouse

  beforeAll(async () => {
    shop = await openTestWarehouse()
    await shop.log.ensureTopics([{ topic: ORDERS, partitions: 1 }])
    await shop.log.append(ORDERS, [
      { key: 'k', value: Buffer.from(JSON.stringify(ehandelOrder(1))) },
      {
        key: 'k',
        value: Buffer.from(JSON.stringify(ehandelOrder(2))),
        headers: { source: 'ehandel' },
      },
    ])
    await landTopic(undefined, ORDERS)
  })
  afterAll(() => shop.close())

  it('is rebuilt as it was loaded while it had one', async () => {
    await loadVault({ topic: ORDERS })
    // As the load would have been, had ehandel been the only one then.
    await shop.pool.query(`update dds.load set only_source = 'ehandel'`)
    await rebuildVault({}, nextContext({ conf: { rebuild: true } }))
    const { rows } = await shop.pool.query(
      'select event_id, only_source from dds.nl_event join dds.load using (load_id) order by 1',
    )
    expect(rows).toEqual([
      { event_id: '100001', only_source: 'ehandel' },
      { event_id: '100002', only_source: 'ehandel' },
    ])
  })
})
