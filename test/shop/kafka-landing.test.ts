// Landing from a real Kafka: what its topics can do that tables cannot.

import kafkajs, { type Admin, type Kafka } from 'kafkajs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { adoptLog } from '../../connections/adopt-log.ts'
import { type EventLog, openKafkaEventLog } from '../../connections/event-log/index.ts'
import { skipLost } from '../../connections/skip-lost.ts'
import { MessagesLostError, TopicChangedError } from '../../tasks/raw/index.ts'
import { lane } from '../support/lanes.ts'
import type { TestServer } from '../support/servers.ts'
import { until } from '../support/until.ts'
import { sampleEvent } from './sample-events.ts'
import { landTopic, loadVault, openTestWarehouse, type TestWarehouse } from './warehouse.ts'

const TOPIC = 'user_events'
const kafkaLane = lane('kafka')

describe.skipIf(kafkaLane.missing)('Landing from Kafka', () => {
  let server: TestServer<string>
  let kafka: Kafka
  let admin: Admin
  let log: EventLog
  let shop: TestWarehouse

  beforeAll(async () => {
    server = await kafkaLane.start()
    const brokers = server.address.split(',')
    kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING })
    admin = kafka.admin()
    await admin.connect()
    log = openKafkaEventLog(brokers)
  })
  afterAll(async () => {
    await log?.close()
    await admin?.disconnect()
    await shop?.close()
    await server?.stop()
  })

  beforeEach(async () => {
    await shop?.close()
    shop = await openTestWarehouse()
    Object.assign(shop.connections, { eventLog: log })
    await deleteTopic()
    await log.ensureTopics([{ topic: TOPIC, partitions: 2 }])
  })

  async function deleteTopic(): Promise<void> {
    if (!(await admin.listTopics()).includes(TOPIC)) return
    await admin.deleteTopics({ topics: [TOPIC] })
    await until('the topic is gone', async () => !(await admin.listTopics()).includes(TOPIC))
  }

  const events = (count: number, name = 'm') =>
    Array.from({ length: count }, (_, n) => ({
      key: `k${n % 7}`,
      value: Buffer.from(`${name}${n}`),
    }))

  async function landed(): Promise<number> {
    const { rows } = await shop.pool.query<{ count: number }>(
      'select count(*)::int as count from raw.user_events',
    )
    return rows[0]!.count
  }

  it('names a topic that was deleted and made anew, and lands all of it after adopt-log', async () => {
    await log.append(TOPIC, events(30, 'old'))
    expect(await landTopic()).toBe(30)
    await deleteTopic()
    await log.ensureTopics([{ topic: TOPIC, partitions: 2 }])
    await log.append(TOPIC, events(100, 'new'))
    await expect(landTopic()).rejects.toThrow(TopicChangedError)
    await expect(landTopic()).rejects.toThrow('terrace db adopt-log user_events')
    expect(await landed()).toBe(30)
    await adoptLog(shop.pool, TOPIC)
    expect(await landTopic()).toBe(100)
    await log.append(TOPIC, events(5, 'more'))
    expect(await landTopic()).toBe(5)
  })

  it('knows a topic again that transactions write to', async () => {
    const producer = kafka.producer({
      transactionalId: 'landing',
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    })
    await producer.connect()
    // One message and the marker that ends its transaction; the broker writes that a moment later.
    for (const end of [2n, 4n]) {
      const transaction = await producer.transaction()
      await transaction.send({ topic: TOPIC, messages: [{ key: 'k', value: 'in a transaction' }] })
      await transaction.commit()
      await until('the transaction has ended', async () =>
        (await log.ranges(TOPIC)).some(({ nextOffset }) => nextOffset === end),
      )
      expect(await landTopic()).toBe(1)
    }
    await producer.disconnect()
  })

  it('says how many messages retention took before they were landed, and skips them on request', async () => {
    await log.append(TOPIC, [{ key: 'k', value: Buffer.from('kept') }])
    await landTopic()
    const { partition } = (await log.ranges(TOPIC)).find((range) => range.nextOffset > 0n)!
    await log.append(
      TOPIC,
      Array.from({ length: 9 }, () => ({ key: 'k', value: Buffer.from('gone') })),
    )
    await admin.fetchTopicOffsets(TOPIC)
    await admin.deleteTopicRecords({ topic: TOPIC, partitions: [{ partition, offset: '8' }] })
    await expect(landTopic()).rejects.toThrow(MessagesLostError)
    await expect(landTopic()).rejects.toThrow(/7 messages were removed.*terrace db skip-lost/)
    expect(await skipLost(shop.pool, log, TOPIC)).toEqual([{ partition, from: 1n, until: 8n }])
    expect(await landTopic()).toBe(2)
  })

  it("does not let a producer's clock decide what came from the future", async () => {
    await deleteTopic()
    await admin.createTopics({
      topics: [
        {
          topic: TOPIC,
          configEntries: [
            { name: 'message.timestamp.type', value: 'CreateTime' },
            { name: 'message.timestamp.after.max.ms', value: '9223372036854775807' },
          ],
        },
      ],
    })
    const event = (n: number, occurredAt: number) => ({
      key: 'u1',
      headers: { source: 'terrace' },
      value: JSON.stringify({
        ...sampleEvent('view', n),
        occurred_at: new Date(occurredAt).toISOString(),
      }),
    })
    const day = 86_400_000
    const now = Date.now()
    const producer = kafka.producer()
    await producer.connect()
    await producer.send({
      topic: TOPIC,
      messages: [
        // The event is of the future, and so is the clock that sent it.
        {
          ...event(1, now + 30 * day),
          timestamp: String(now + 31 * day),
        },
        // The event is of now, and the clock that sent it is a year behind.
        { ...event(2, now), timestamp: String(now - 365 * day) },
        { ...event(3, now), timestamp: '9223372036854775807' },
      ],
    })
    await producer.disconnect()
    expect(await landTopic()).toBe(3)
    const { rows: times } = await shop.pool.query(
      "select count(*)::int as count from raw.user_events where received_at between now() - interval '1 hour' and now()",
    )
    expect(times).toEqual([{ count: 3 }])
    await loadVault()
    const { rows } = await shop.pool.query('select kafka_offset, reason from raw.quarantine')
    expect(rows).toEqual([{ kafka_offset: '0', reason: 'in_the_future' }])
  })
})
