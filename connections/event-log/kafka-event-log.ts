// The event log on Kafka, through kafkajs. Connections are made at the first use and kept: an admin
// client for offsets, one idempotent producer, and per topic as many readers as run at once.

import kafkajs, { type Admin } from 'kafkajs'
import { createKafkaAppender } from './kafka-appender.ts'
import { installKafkaCodecs } from './kafka-codecs.ts'
import { nameKafkaError } from './kafka-errors.ts'
import { openTopicReader, type TopicReader } from './kafka-topic-reader.ts'
import { stretchesToRead } from './offset-range.ts'
import { splitBatch } from './split-batch.ts'
import { type EventLog, type PartitionRange, UnknownTopicError } from './types.ts'
import { watchTopic } from './watch-topic.ts'

const MESSAGES_PER_BATCH = 10_000
const WATCH_INTERVAL_MS = 1000

export function openKafkaEventLog(brokers: string[]): EventLog {
  installKafkaCodecs()
  const kafka = new kafkajs.Kafka({
    clientId: 'terrace',
    brokers,
    connectionTimeout: 3000,
    // What goes wrong arrives as an exception; its log lines would only repeat it.
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { initialRetryTime: 100, retries: 5 },
  })
  const appender = createKafkaAppender(kafka)
  const knownTopics = new Set<string>()
  const idleReaders = new Map<string, TopicReader[]>()
  const readers = new Set<TopicReader>()
  let admin: Promise<Admin> | undefined
  let id: string | undefined
  let closing: Promise<void> | undefined

  function connectAdmin(): Promise<Admin> {
    admin ??= (async () => {
      const connected = kafka.admin()
      try {
        await connected.connect()
        return connected
      } catch (error) {
        admin = undefined
        await connected.disconnect().catch(() => {})
        throw error
      }
    })()
    return admin
  }

  async function named<T>(topic: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const reason = nameKafkaError(error, brokers, topic)
      if (reason instanceof UnknownTopicError) knownTopics.delete(topic)
      throw reason
    }
  }

  /** Asked first, because kafkajs tries an unknown topic again for 5 s. */
  async function requireTopic(topic: string): Promise<void> {
    if (knownTopics.has(topic)) return
    for (const known of await (await connectAdmin()).listTopics()) knownTopics.add(known)
    if (!knownTopics.has(topic)) throw new UnknownTopicError(topic)
  }

  const log: EventLog = {
    kind: 'kafka',

    async logId() {
      id ??= await named('', async () => {
        const { clusterId } = await (await connectAdmin()).describeCluster()
        return `kafka:${clusterId}`
      })
      return id
    },

    async ensureTopics(topics) {
      await named('', async () => {
        const existing = new Set(await (await connectAdmin()).listTopics())
        const missing = topics.filter(({ topic }) => !existing.has(topic))
        if (missing.length === 0) return
        await (await connectAdmin()).createTopics({
          topics: missing.map(({ topic, partitions }) => ({
            topic,
            numPartitions: partitions,
            configEntries: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }],
          })),
        })
      })
    },

    async append(topic, messages) {
      await named(topic, async () => {
        await requireTopic(topic)
        if (messages.length > 0) await appender.append(topic, messages)
      })
    },

    async ranges(topic) {
      return named(topic, async () => {
        await requireTopic(topic)
        const offsets = await (await connectAdmin()).fetchTopicOffsets(topic)
        return offsets
          .map(
            ({ partition, low, high }): PartitionRange => ({
              partition,
              firstOffset: BigInt(low),
              nextOffset: BigInt(high),
            }),
          )
          .sort((a, b) => a.partition - b.partition)
      })
    },

    async *read(topic, options) {
      const { signal, maxMessagesPerBatch = MESSAGES_PER_BATCH } = options
      signal?.throwIfAborted()
      const stretches = stretchesToRead(topic, await log.ranges(topic), options)
      signal?.throwIfAborted()
      if (stretches.length === 0) return
      const idle = idleReaders.get(topic) ?? []
      idleReaders.set(topic, idle)
      let reader = idle.pop()
      if (reader !== undefined && !reader.canRead(stretches)) {
        await closeReader(reader)
        reader = undefined
      }
      reader ??= await named(topic, () => openTopicReader(kafka, topic, () => log.ranges(topic)))
      readers.add(reader)
      try {
        for await (const batch of reader.read(stretches, signal)) {
          for (const part of splitBatch(batch, maxMessagesPerBatch)) {
            signal?.throwIfAborted()
            yield part
          }
        }
      } catch (error) {
        throw nameKafkaError(error, brokers, topic)
      } finally {
        if (closing === undefined && reader.canRead(stretches)) idle.push(reader)
        else await closeReader(reader)
      }
    },

    async watch(topic, changed, { signal, intervalMs = WATCH_INTERVAL_MS }) {
      await watchTopic({ ranges: () => log.ranges(topic), changed, signal, intervalMs })
    },

    close() {
      closing ??= (async () => {
        await Promise.all([appender.close(), ...[...readers].map(closeReader)])
        await (await admin)?.disconnect()
      })()
      return closing
    },
  }

  async function closeReader(reader: TopicReader): Promise<void> {
    readers.delete(reader)
    await reader.close()
  }

  return log
}
