import { randomUUID } from 'node:crypto'
import kafkajs, { type Admin, type Kafka } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type EventLog,
  MessageTooLargeError,
  OffsetOutOfRangeError,
  openKafkaEventLog,
} from '../../connections/event-log/index.ts'
import { lane } from '../support/lanes.ts'
import type { TestServer } from '../support/servers.ts'
import {
  collect,
  describeEventLog,
  message,
  newTopic,
  nextOffsets,
  readAll,
  readMessages,
  wholeOf,
} from './conformance.ts'

const kafkaLane = lane('kafka')

describe.skipIf(kafkaLane.missing)('The event log in Kafka', () => {
  let server: TestServer<string>
  let brokers: string[]
  let log: EventLog
  let kafka: Kafka
  let admin: Admin

  beforeAll(async () => {
    server = await kafkaLane.start()
    brokers = server.address.split(',')
    log = openKafkaEventLog(brokers)
    kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING })
    admin = kafka.admin()
    await admin.connect()
  })

  afterAll(async () => {
    await log?.close()
    await admin?.disconnect()
    await server?.stop()
  })

  describeEventLog(() => ({
    databaseUrl: '',
    warehouseUrl: '',
    redisUrl: null,
    kafkaBrokers: brokers,
    clickhouseUrl: '',
  }))

  async function deleteBefore(topic: string, offset: string): Promise<void> {
    // Loads the topic's leaders, without which kafkajs does not know where to ask.
    await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset }] })
  }

  test('steps over aborted messages and control records to the very end', async () => {
    const topic = await newTopic(log, 1)
    const producer = kafka.producer({
      transactionalId: randomUUID(),
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    })
    await producer.connect()
    for (const [value, ends] of [
      ['kept 1', 'commit'],
      ['gone 1', 'abort'],
      ['kept 2', 'commit'],
      ['gone 2', 'abort'],
    ] as const) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ value }] })
      await transaction[ends]()
    }
    await producer.disconnect()

    const [range] = await log.ranges(topic)
    expect(range).toMatchObject({ firstOffset: 0n, nextOffset: 8n })
    const batches = await readAll(log, topic)
    const read = batches.flatMap(({ messages }) => messages)
    expect(read.map(({ value, offset }) => `${offset} ${value}`)).toEqual(['0 kept 1', '4 kept 2'])
    expect(batches.at(-1)?.nextOffset).toBe(8n)

    // From a control record on, and through nothing but what is not shown.
    const tail = { from: new Map([[0, 5n]]), until: new Map([[0, 8n]]) }
    const [empty, ...more] = await collect(log.read(topic, tail))
    expect(empty).toEqual({ topic, partition: 0, fromOffset: 5n, nextOffset: 8n, messages: [] })
    expect(more).toEqual([])
  })

  test.each(['gzip', 'snappy', 'lz4', 'zstd'])(
    'reads what the broker compressed with %s',
    async (codec) => {
      const topic = `topic_${randomUUID()}`
      await admin.createTopics({
        topics: [{ topic, configEntries: [{ name: 'compression.type', value: codec }] }],
      })
      const values = Array.from({ length: 3000 }, (_, i) => `${i} ${'event '.repeat(i % 50)}`)
      await log.append(
        topic,
        values.map((value) => message('a', value)),
      )
      expect((await readMessages(log, topic)).map(({ value }) => String(value))).toEqual(values)
    },
  )

  test('tells a reader that retention took its messages', async () => {
    const topic = await newTopic(log, 1)
    await log.append(
      topic,
      Array.from({ length: 10 }, (_, i) => message('a', String(i))),
    )
    const whole = wholeOf(await log.ranges(topic))
    await deleteBefore(topic, '4')
    await expect(collect(log.read(topic, whole))).rejects.toThrow(OffsetOutOfRangeError)
    expect((await readMessages(log, topic)).map(({ offset }) => offset)).toEqual([
      4n,
      5n,
      6n,
      7n,
      8n,
      9n,
    ])
  })

  test('tells a reader whose messages retention takes in the middle of the read', async () => {
    const topic = await newTopic(log, 1)
    const big = 'x'.repeat(500_000)
    for (let n = 0; n < 40; n++) await log.append(topic, [message('a', big)])
    const reading = async () => {
      let isFirst = true
      for await (const _ of log.read(topic, wholeOf(await log.ranges(topic)))) {
        if (isFirst) await deleteBefore(topic, '39')
        isFirst = false
      }
    }
    await expect(reading()).rejects.toThrow(OffsetOutOfRangeError)
  })

  test('goes on exactly where it stood after the group was rebalanced', async () => {
    const topic = await newTopic(log, 4)
    const value = 'x'.repeat(2000)
    await log.append(
      topic,
      Array.from({ length: 20_000 }, () => message(null, value)),
    )
    const groupsBefore = new Set((await admin.listGroups()).groups.map(({ groupId }) => groupId))
    const whole = wholeOf(await log.ranges(topic))
    const position = new Map(whole.from)
    let rebalanced = false
    for await (const batch of log.read(topic, whole)) {
      expect(batch.fromOffset).toBe(position.get(batch.partition))
      position.set(batch.partition, batch.nextOffset)
      if (rebalanced) continue
      rebalanced = true
      const { groups } = await admin.listGroups()
      const own = groups.find(({ groupId }) => !groupsBefore.has(groupId))
      const intruder = kafka.consumer({ groupId: own!.groupId })
      const joined = new Promise((resolve) => intruder.on(intruder.events.GROUP_JOIN, resolve))
      await intruder.connect()
      await intruder.subscribe({ topic })
      await intruder.run({ eachMessage: async () => {} })
      await joined
      await intruder.disconnect()
    }
    expect(position).toEqual(nextOffsets(await log.ranges(topic)))
  })

  test('names a message that the topic does not take, and goes on with the next one', async () => {
    const topic = await newTopic(log, 1)
    await expect(log.append(topic, [message('a', 'x'.repeat(2_000_000))])).rejects.toThrow(
      MessageTooLargeError,
    )
    await log.append(topic, [message('a', 'small')])
    expect(await readMessages(log, topic)).toHaveLength(1)
  })

  test('sees partitions that were added', async () => {
    const topic = await newTopic(log, 1)
    await log.append(topic, [message('a', '1')])
    await readMessages(log, topic)
    await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
    const other = openKafkaEventLog(brokers)
    await other.append(
      topic,
      Array.from({ length: 9 }, () => message(null, 'spread')),
    )
    await other.close()
    await expect.poll(async () => (await log.ranges(topic)).length).toBe(3)
    expect(await readMessages(log, topic)).toHaveLength(10)
  })
})

describe('A Kafka that does not answer', () => {
  test('is named with its variable', async () => {
    const log = openKafkaEventLog(['127.0.0.1:1'])
    await expect(log.ranges('topic')).rejects.toThrow(/127\.0\.0\.1:1.*KAFKA_BROKERS/)
    await log.close()
  })
})
