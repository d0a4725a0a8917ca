// What a topic holds beyond raw, as a snapshot: the landing that follows reads exactly this much and
// ends, however fast producers are.

import {
  type EventLog,
  type PartitionRange,
  UnknownTopicError,
} from '../../connections/event-log/types.ts'
import { connections } from '../../connections/index.ts'
import { declaredTopic } from '../../connections/topics.ts'
import { LogCutError, type LostMessages, MessagesLostError } from './log-errors.ts'
import { readOffsets } from './offsets.ts'

export interface PartitionLag {
  partition: number
  /** Offsets are int8: JSON numbers would change them. */
  from: string
  until: string
}

export interface TopicLag {
  topic: string
  logId: string
  partitions: PartitionLag[]
  count: number
}

/**
 * @throws UndeclaredTopicError; LogChangedError when another log was landed, LogCutError when the log ends before what was
 * landed, MessagesLostError when it begins behind that.
 */
export async function measureLag(args: { topics: string[] }): Promise<TopicLag[]> {
  const { landing: warehouse, eventLog } = await connections()
  const logId = await eventLog.logId()
  const lags: TopicLag[] = []
  for (const { topic } of args.topics.map(declaredTopic)) {
    const stored = await readOffsets(warehouse, topic, logId)
    const ranges = await rangesOf(eventLog, topic, stored.next.size > 0)
    // A topic that was made anew may have fewer partitions.
    for (const [partition, next] of stored.next) {
      const isThere = ranges.some((range) => range.partition === partition)
      if (!isThere && next > 0n) throw new LogCutError(topic, partition, next, 0n)
    }
    const lost: LostMessages[] = []
    const partitions = ranges.map(({ partition, firstOffset, nextOffset }) => {
      const from = stored.next.get(partition) ?? firstOffset
      if (from > nextOffset) throw new LogCutError(topic, partition, from, nextOffset)
      if (from < firstOffset) lost.push({ partition, from, until: firstOffset })
      return { partition, from: String(from), until: String(nextOffset) }
    })
    if (lost.length > 0) throw new MessagesLostError(topic, lost)
    const count = partitions.reduce(
      (sum, { from, until }) => sum + Number(BigInt(until) - BigInt(from)),
      0,
    )
    lags.push({ topic, logId, partitions, count })
  }
  return lags
}

/** A topic that nobody has written to yet has no lag; one that was landed and is gone is an error. */
async function rangesOf(
  eventLog: EventLog,
  topic: string,
  wasLanded: boolean,
): Promise<PartitionRange[]> {
  try {
    return await eventLog.ranges(topic)
  } catch (error) {
    if (error instanceof UnknownTopicError && !wasLanded) return []
    throw error
  }
}

/** Gate of kafka_to_raw: false, and nothing below runs, when every topic is landed to its end. */
export function checkKafkaMessage(args: { lag: TopicLag[] }): boolean {
  return args.lag.some(({ count }) => count > 0)
}
