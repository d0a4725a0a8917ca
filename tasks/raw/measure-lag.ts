// What a topic holds beyond raw, as a snapshot: the landing that follows reads exactly this much and
// ends, however fast producers are.

import {
  type EventLog,
  type PartitionRange,
  UnknownTopicError,
} from '../../connections/event-log/types.ts'
import { connections } from '../../connections/index.ts'
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

export class LogCutError extends Error {
  override name = 'LogCutError'
}

export async function measureLag(args: { topics: string[] }): Promise<TopicLag[]> {
  const { warehouse, eventLog } = await connections()
  const logId = await eventLog.logId()
  const lags: TopicLag[] = []
  for (const topic of args.topics) {
    const stored = await readOffsets(warehouse, topic, logId)
    const ranges = await rangesOf(eventLog, topic, stored.next.size > 0)
    const partitions = ranges.map(({ partition, firstOffset, nextOffset }) => {
      const from = stored.next.get(partition) ?? firstOffset
      if (from > nextOffset) {
        throw new LogCutError(
          `Topic "${topic}", partition ${partition}: raw was landed up to offset ${from}, but the log ` +
            `ends at ${nextOffset}. It lost messages, or was restored from an older copy. Restore the ` +
            `log, or land what it holds now from its beginning, as a log of its own beside what was ` +
            `landed: \`terrace db adopt-log ${topic}\`.`,
        )
      }
      return { partition, from: String(from), until: String(nextOffset) }
    })
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
