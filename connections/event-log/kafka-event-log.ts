// The event log on Kafka, through kafkajs. Connections are made at the first use and kept: an admin
// client for offsets, one idempotent producer, and per topic as many readers as run at once.

import { connectKafka } from './connect-kafka.ts'
import { createKafkaAdmin, whilePassing } from './kafka-admin.ts'
import { createKafkaAppender } from './kafka-appender.ts'
import { installKafkaCodecs } from './kafka-codecs.ts'
import {
  isKafkaError,
  KafkaUnreachableError,
  nameKafkaError,
  TopicNotMadeError,
} from './kafka-errors.ts'
import { type KafkaOptions, PLAIN_KAFKA } from './kafka-options.ts'
import { BRIEF, PATIENT } from './kafka-patience.ts'
import { openTopicReader, type TopicReader } from './kafka-topic-reader.ts'
import { type Stretch, stretchesToRead } from './offset-range.ts'
import { splitBatch } from './split-batch.ts'
import {
  type EventLog,
  type LogBatch,
  type PartitionRange,
  type TopicSpec,
  UnknownTopicError,
} from './types.ts'
import { watchTopic } from './watch-topic.ts'

const MESSAGES_PER_BATCH = 10_000
const WATCH_INTERVAL_MS = 1000
/** That many in a row may fail without a message read. */
const READERS_PER_STRETCH = 3

export function openKafkaEventLog(
  brokers: string[],
  options: KafkaOptions = PLAIN_KAFKA,
): EventLog {
  installKafkaCodecs()
  const { topicPrefix, replicationFactor } = options
  const admin = createKafkaAdmin(connectKafka(brokers, options, { retry: BRIEF }))
  const kafka = connectKafka(brokers, options, { retry: PATIENT })
  const appender = createKafkaAppender(kafka)
  const knownTopics = new Set<string>()
  const idleReaders = new Map<string, TopicReader[]>()
  const readers = new Set<TopicReader>()
  let id: string | undefined
  let closing: Promise<void> | undefined

  const hiddenTopics = options.sasl
    ? `A topic that user ${options.sasl.username} may not Describe looks the same.`
    : ''
  /** Topics have a name of their own on a cluster that is shared. */
  const onServer = (topic: string) => `${topicPrefix}${topic}`
  const asked = (topic: string) => ({ brokers, options, topic: onServer(topic) })

  async function named<T>(topic: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const reason = nameKafkaError(error, asked(topic))
      if (reason instanceof UnknownTopicError) knownTopics.delete(topic)
      throw reason
    }
  }

  /** Asked first, because kafkajs tries an unknown topic again for 5 s. */
  async function requireTopic(topic: string): Promise<void> {
    if (knownTopics.has(topic)) return
    const there = new Set(await admin.ask((client) => client.listTopics()))
    if (!there.has(onServer(topic))) throw new UnknownTopicError(onServer(topic), hiddenTopics)
    knownTopics.add(topic)
  }

  const log: EventLog = {
    kind: 'kafka',

    async logId() {
      id ??= await named('', async () => {
        const { clusterId } = await admin.ask((client) => client.describeCluster())
        // Topics of another prefix are other topics.
        return `kafka:${clusterId}${topicPrefix && `/${topicPrefix}`}`
      })
      return id
    },

    async ensureTopics(topics) {
      await named('', async () => {
        const existing = new Set(await admin.ask((client) => client.listTopics()))
        const missing = topics.filter(({ topic }) => !existing.has(onServer(topic)))
        for (const spec of missing) await createTopic(spec)
        // A topic can be used once every partition has a leader that knows it is one.
        for (const { topic } of missing) {
          await admin.ask((client) => client.fetchTopicOffsets(onServer(topic)))
        }
      })
    },

    async append(topic, messages) {
      await named(topic, async () => {
        await requireTopic(topic)
        if (messages.length > 0) await appender.append(onServer(topic), messages)
      })
    },

    async ranges(topic) {
      return named(topic, async () => {
        await requireTopic(topic)
        const offsets = await admin.ask((client) => client.fetchTopicOffsets(onServer(topic)))
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
      let left = stretchesToRead(topic, await log.ranges(topic), options)
      for (let failures = 0; left.length > 0; ) {
        signal?.throwIfAborted()
        const reader = await named(topic, () => takeReader(topic, left))
        try {
          for await (const batch of reader.read(left, signal)) {
            for (const part of splitBatch(batch, maxMessagesPerBatch)) {
              signal?.throwIfAborted()
              yield part
              left = withoutRead(left, part)
              failures = 0
            }
          }
        } catch (error) {
          // A broker that restarts takes its readers down: another one goes on from here.
          failures += 1
          if (signal?.aborted || !isKafkaError(error) || failures > READERS_PER_STRETCH) {
            throw nameKafkaError(error, asked(topic))
          }
        } finally {
          await giveReader(topic, reader)
        }
      }
    },

    async watch(topic, changed, { signal, intervalMs = WATCH_INTERVAL_MS }) {
      await watchTopic({ ranges: () => log.ranges(topic), changed, signal, intervalMs })
    },

    close() {
      closing ??= (async () => {
        await Promise.all([appender.close(), ...[...readers].map(closeReader)])
        await admin.close()
      })()
      return closing
    },
  }

  async function createTopic({ topic, partitions }: TopicSpec): Promise<void> {
    const wanted = {
      topic: onServer(topic),
      numPartitions: partitions,
      ...(replicationFactor !== null && { replicationFactor }),
      configEntries: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }],
    }
    try {
      await admin.ask((client) => client.createTopics({ topics: [wanted], waitForLeaders: false }))
    } catch (error) {
      const reason = nameKafkaError(error, asked(topic))
      if (reason instanceof KafkaUnreachableError) throw reason
      throw new TopicNotMadeError(onServer(topic), partitions, asked(topic), error as Error)
    }
  }

  async function takeReader(topic: string, stretches: Stretch[]): Promise<TopicReader> {
    for (;;) {
      const idle = idleReaders.get(topic)?.pop()
      if (idle?.canRead(stretches)) return idle
      if (idle === undefined) break
      await closeReader(idle)
    }
    const ranges = () => log.ranges(topic)
    const reader = await whilePassing(() =>
      openTopicReader(kafka, { topic, nameOnServer: onServer(topic), options, ranges }),
    )
    readers.add(reader)
    return reader
  }

  async function giveReader(topic: string, reader: TopicReader): Promise<void> {
    const idle = idleReaders.get(topic) ?? []
    idleReaders.set(topic, idle)
    if (closing === undefined && reader.canRead([])) idle.push(reader)
    else await closeReader(reader)
  }

  async function closeReader(reader: TopicReader): Promise<void> {
    readers.delete(reader)
    await reader.close()
  }

  return log
}

function withoutRead(left: Stretch[], { partition, nextOffset }: LogBatch): Stretch[] {
  return left
    .map((stretch) =>
      stretch.partition === partition ? { ...stretch, from: nextOffset } : stretch,
    )
    .filter(({ from, until }) => from < until)
}
