// Tells whether a topic is still the one that was landed. A topic that was deleted and made anew keeps
// its name, and its log keeps its id; so does a log that lost its end in an unclean election of a
// leader. Their offsets then mean other messages, and landing on from the stored offset would skip
// some in silence. So raw keeps a digest of the last message that it landed of each partition, and
// asks the log for that message again. Kafka's own id of a topic would not show a lost end, and
// kafkajs does not ask for it.

import { createHash } from 'node:crypto'
import {
  type EventLog,
  type LogMessage,
  OffsetOutOfRangeError,
} from '../../connections/event-log/index.ts'
import { TopicChangedError } from './log-errors.ts'
import type { LandedOffsets } from './offsets.ts'

export interface LastMessage {
  offset: bigint
  digest: string
}

export function lastMessage(message: LogMessage): LastMessage {
  return { offset: message.offset, digest: digestOf(message) }
}

/**
 * Compares the last landed message of every partition with what the log holds there. One that
 * retention or compaction has removed proves nothing, and neither does its absence.
 *
 * @throws TopicChangedError when the log holds another message.
 */
export async function requireSameTopic(
  log: EventLog,
  topic: string,
  { last }: LandedOffsets,
  signal: AbortSignal,
): Promise<void> {
  const kept = new Set(
    (await log.ranges(topic))
      .filter(({ partition, firstOffset, nextOffset }) => {
        const offset = last.get(partition)?.offset
        return offset !== undefined && offset >= firstOffset && offset < nextOffset
      })
      .map(({ partition }) => partition),
  )
  const asked = [...last].filter(([partition]) => kept.has(partition))
  if (asked.length === 0) return
  try {
    const batches = log.read(topic, {
      from: new Map(asked.map(([partition, { offset }]) => [partition, offset])),
      until: new Map(asked.map(([partition, { offset }]) => [partition, offset + 1n])),
      signal,
    })
    for await (const { partition, messages } of batches) {
      for (const message of messages) {
        if (digestOf(message) === last.get(partition)!.digest) continue
        throw new TopicChangedError(topic, partition, message.offset)
      }
    }
  } catch (error) {
    // Retention took it meanwhile. The landing itself says whether anything is missing.
    if (!(error instanceof OffsetOutOfRangeError)) throw error
  }
}

function digestOf({ timestamp, key, value, headers }: LogMessage): string {
  const digest = createHash('sha256')
  const add = (part: Buffer | null) => {
    digest.update(`${part?.length ?? 'null'}:`)
    if (part !== null) digest.update(part)
  }
  digest.update(`${timestamp.getTime()}:`)
  add(key)
  add(value)
  for (const name of Object.keys(headers).sort()) {
    add(Buffer.from(name))
    add(headers[name]!)
  }
  return digest.digest('hex')
}
