// Messages that the log holds and raw does not: how long the first of each partition has waited.

import type { EventLog, LogMessage } from '../../connections/event-log/types.ts'
import { UnknownTopicError } from '../../connections/event-log/types.ts'
import type { Queryable } from '../../connections/postgres.ts'
import type { Waiting } from './delays.ts'

interface Landed {
  kafka_partition: number
  next_offset: string
  moved_at: Date
}

/** The source is that of the header; without one, `unknown`. */
export async function waitingInLog(
  db: Queryable,
  log: EventLog,
  topic: string,
  signal: AbortSignal,
): Promise<Waiting[]> {
  const { rows } = await db.query<Landed>(
    'select kafka_partition, next_offset, moved_at from raw.kafka_offsets where topic = $1',
    [topic],
  )
  const landed = new Map(rows.map((row) => [row.kafka_partition, row]))
  const found: Waiting[] = []
  for (const { partition, firstOffset, nextOffset } of await rangesOf(log, topic)) {
    const taken = landed.get(partition)
    const next = taken === undefined ? firstOffset : BigInt(taken.next_offset)
    const from = next < firstOffset ? firstOffset : next
    if (from >= nextOffset) continue
    const first = await firstMessage(log, topic, { partition, from, until: nextOffset }, signal)
    if (first === null) continue
    // A clock of a producer may be at any time; since the last landing it was not there before that.
    const since = new Date(Math.max(first.timestamp.getTime(), taken?.moved_at.getTime() ?? 0))
    const source = first.headers.source?.toString() ?? 'unknown'
    found.push({ source, topic, layer: 'log', since })
  }
  return found
}

async function rangesOf(log: EventLog, topic: string) {
  try {
    return await log.ranges(topic)
  } catch (error) {
    if (error instanceof UnknownTopicError) return []
    throw error
  }
}

async function firstMessage(
  log: EventLog,
  topic: string,
  { partition, from, until }: { partition: number; from: bigint; until: bigint },
  signal: AbortSignal,
): Promise<LogMessage | null> {
  const batches = log.read(topic, {
    from: new Map([[partition, from]]),
    until: new Map([[partition, until]]),
    maxMessagesPerBatch: 1,
    signal,
  })
  for await (const { messages } of batches) {
    if (messages[0] !== undefined) return messages[0]
  }
  return null
}
