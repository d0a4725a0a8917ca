// Bounded reads of one topic through one long-lived consumer. kafkajs has no `assign`, so this is a
// group of one member that joins once (3 s on a broker with default settings), never commits, and
// holds all partitions paused between reads. A read seeks and resumes its partitions; a batch that
// does not start exactly where the read stands (after a rejoin, or left over from an earlier read)
// is dropped and fetched again.

import { randomUUID } from 'node:crypto'
import type { Batch, Consumer, EachBatchPayload, InstrumentationEvent, Kafka } from 'kafkajs'
import { readerGroup } from './kafka-errors.ts'
import { toLogMessage } from './kafka-message.ts'
import type { KafkaOptions } from './kafka-options.ts'
import { PATIENT } from './kafka-patience.ts'
import { Reading } from './kafka-reading.ts'
import { OffsetOutOfRangeError, type Stretch } from './offset-range.ts'
import type { LogBatch, PartitionRange } from './types.ts'

/** How often a consumer with nothing to fetch looks for work: the delay of a read's first batch. */
const IDLE_TURN_MS = 50
/** kafkajs itself lets no more than one in 3 s through. */
const HEARTBEAT_MS = 500
const BYTES_PER_PARTITION = 4 * 1024 * 1024

export interface TopicReader {
  /** Whether it still runs and has these partitions; else open another. */
  canRead(stretches: Stretch[]): boolean
  /** One read at a time. */
  read(stretches: Stretch[], signal: AbortSignal | undefined): AsyncGenerator<LogBatch>
  close(): Promise<void>
}

export interface ReadTopic {
  topic: string
  nameOnServer: string
  options: KafkaOptions
  ranges: () => Promise<PartitionRange[]>
}

export async function openTopicReader(
  kafka: Kafka,
  { topic, nameOnServer, options, ranges }: ReadTopic,
): Promise<TopicReader> {
  const consumer = kafka.consumer({
    groupId: `${readerGroup(options)}${randomUUID()}`,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: IDLE_TURN_MS,
    maxBytesPerPartition: BYTES_PER_PARTITION,
    // A reader that crashed is replaced by the next read, not revived at an unknown position.
    retry: { ...PATIENT, restartOnFailure: async () => false },
  })
  let partitions: number[] = []
  let reading: Reading | undefined
  let crash: { reason: unknown } | undefined

  const pause = (paused: number[]) => consumer.pause([{ topic: nameOnServer, partitions: paused }])
  const seek = ({ partition, from }: Stretch) =>
    consumer.seek({ topic: nameOnServer, partition, offset: String(from) })

  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    partitions = payload.memberAssignment[nameOnServer] ?? []
    const left = reading?.left() ?? []
    const wanted = new Set(left.map(({ partition }) => partition))
    pause(partitions.filter((partition) => !wanted.has(partition)))
    for (const stretch of left) seek(stretch)
  })
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    crash = { reason: payload.error }
    reading?.fail(payload.error)
  })
  // eachBatch is not called for a batch of control records or aborted messages alone.
  consumer.on(consumer.events.END_BATCH_PROCESS, (event) => {
    if (event.payload.batchSize === 0) return skipFiltered(event.payload)
  })

  type Processed = InstrumentationEvent<{
    partition: number
    firstOffset: string | null
    lastOffset: string
  }>['payload']

  async function skipFiltered(payload: Processed): Promise<void> {
    const current = reading
    const stretch = current?.leftOf(payload.partition)
    if (current === undefined || stretch === undefined) return
    const { partition, from, until } = stretch
    const nextOffset = minimum(BigInt(payload.lastOffset) + 1n, until)
    if (nextOffset <= from) return
    if (payload.firstOffset !== String(from)) {
      try {
        await refuseLostOffset(stretch)
      } catch (error) {
        current.fail(error)
      }
      if (stretch.from !== from) return
    }
    const isLast = current.push({ topic, partition, fromOffset: from, nextOffset, messages: [] })
    if (isLast) pause([partition])
  }

  /** Compaction leaves holes, and those are fine; retention takes the beginning, and that is not. */
  async function refuseLostOffset({ partition, from }: Stretch): Promise<void> {
    const range = (await ranges()).find((candidate) => candidate.partition === partition)
    if (range === undefined || range.firstOffset > from) {
      throw new OffsetOutOfRangeError(topic, partition, from, range)
    }
  }

  async function eachBatch({ batch, heartbeat, isRunning }: EachBatchPayload): Promise<void> {
    const current = reading
    const stretch = current?.leftOf(batch.partition)
    if (current === undefined || stretch === undefined || !isRunning()) return
    const { partition } = batch
    const fetchedFrom = fetchedOffset(batch)
    if (fetchedFrom !== stretch.from) {
      seek(stretch)
      if (fetchedFrom > stretch.from) await refuseLostOffset(stretch).catch((e) => current.fail(e))
      return
    }
    const { from, until } = stretch
    const messages = batch.messages
      .map((message) => toLogMessage(topic, partition, message))
      .filter(({ offset }) => offset < until)
    const nextOffset = minimum(BigInt(batch.lastOffset()) + 1n, until)
    const isLast = current.push({ topic, partition, fromOffset: from, nextOffset, messages })
    if (isLast) pause([partition])
    await roomWhileBeating(current, heartbeat)
  }

  try {
    await consumer.connect()
    await consumer.subscribe({ topic: nameOnServer, fromBeginning: true })
    await consumer.run({ autoCommit: false, eachBatch })
    if (crash !== undefined) throw crash.reason
  } catch (error) {
    await closeQuietly(consumer)
    throw error
  }

  return {
    canRead: (stretches) =>
      crash === undefined && stretches.every(({ partition }) => partitions.includes(partition)),

    async *read(stretches, signal) {
      const current = new Reading(topic, stretches)
      reading = current
      try {
        for (const stretch of stretches) seek(stretch)
        const wanted = stretches.map(({ partition }) => partition)
        consumer.resume([{ topic: nameOnServer, partitions: wanted }])
        for (;;) {
          const batch = await current.take(signal)
          if (batch === undefined) return
          yield batch
        }
      } finally {
        reading = undefined
        current.end()
        if (crash === undefined) pause(partitions)
      }
    },

    async close() {
      crash ??= { reason: new Error(`The event log was closed while topic "${topic}" was read.`) }
      reading?.fail(crash.reason)
      await closeQuietly(consumer)
    },
  }
}

/**
 * Waits until the reader has taken enough, with the heartbeats that kafkajs sends only between
 * batches. A heartbeat that fails ends the wait: the group rebalances, and kafkajs must get to it.
 */
async function roomWhileBeating(reading: Reading, heartbeat: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const refused = new Promise<void>((resolve) => {
    timer = setInterval(() => void heartbeat().catch(() => resolve()), HEARTBEAT_MS)
  })
  await Promise.race([reading.room(), refused])
  clearInterval(timer)
}

/** kafkajs keeps it on its batches without declaring it; the first message may lie behind a hole. */
function fetchedOffset(batch: Batch): bigint {
  const { fetchedOffset } = batch as Batch & { fetchedOffset: string }
  return BigInt(fetchedOffset)
}

function minimum(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

async function closeQuietly(consumer: Consumer): Promise<void> {
  await consumer.disconnect().catch(() => {})
}
