// Reads consecutive messages of one partition, by binary COPY: bytea as text would double in size
// and cost a decoding.

import { to as copyTo } from 'pg-copy-streams'
import { decodeCopy, type Field, readTimestamp } from '../copy-format.ts'
import type { Pool } from '../postgres.ts'
import { OffsetOutOfRangeError, type Stretch } from './offset-range.ts'
import type { LogBatch, LogMessage, PartitionRange } from './types.ts'

/** A batch ends early when its bytes exceed this; one message alone may be larger. */
const BYTES_PER_BATCH = 32 * 1024 * 1024

/**
 * The first messages of the stretch.
 *
 * @throws OffsetOutOfRangeError when they are gone: offsets are dense, so a hole is a loss.
 */
export async function readBatch(
  pool: Pool,
  topic: string,
  stretch: Stretch,
  maxMessages: number,
): Promise<LogBatch> {
  const { partition, from, until } = stretch
  const messages: LogMessage[] = []
  const end = from + BigInt(maxMessages) < until ? from + BigInt(maxMessages) : until
  for (const fields of decodeCopy(await copy(pool, selectMessages(topic, partition, from, end)))) {
    messages.push(toMessage(topic, partition, fields))
  }
  const first = messages[0]
  if (first?.offset !== from) {
    const range: PartitionRange = {
      partition,
      firstOffset: first?.offset ?? until,
      nextOffset: until,
    }
    throw new OffsetOutOfRangeError(topic, partition, from, range)
  }
  const nextOffset = from + BigInt(messages.length)
  return { topic, partition, fromOffset: from, nextOffset, messages }
}

/** COPY takes no parameters; topics come from event_log.topic, whose CHECK knows no quote. */
function selectMessages(topic: string, partition: number, from: bigint, end: bigint): string {
  return `
    copy (
      select log_offset, taken_at, key, value, headers
      from (
        select
          *,
          sum(coalesce(octet_length(value), 0)) over (order by log_offset)
            - coalesce(octet_length(value), 0) as bytes_before
        from event_log.message
        where topic = '${topic.replaceAll("'", "''")}' and partition = ${partition}
          and log_offset >= ${from} and log_offset < ${end}
      ) as m
      where bytes_before < ${BYTES_PER_BATCH}
      order by log_offset
    ) to stdout (format binary)`
}

async function copy(pool: Pool, statement: string): Promise<Buffer> {
  const client = await pool.connect()
  let failure: Error | undefined
  try {
    const chunks: Buffer[] = []
    for await (const chunk of client.query(copyTo(statement))) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  } catch (error) {
    failure = error as Error
    throw error
  } finally {
    client.release(failure)
  }
}

function toMessage(topic: string, partition: number, fields: Field[]): LogMessage {
  const [offset, takenAt, key, value, headers] = fields
  return {
    topic,
    partition,
    offset: offset!.readBigInt64BE(),
    key: key ?? null,
    value: value ?? null,
    headers: headers ? parseHeaders(headers) : {},
    timestamp: readTimestamp(takenAt!),
    timestampOf: 'log',
  }
}

function parseHeaders(json: Buffer): Record<string, Buffer> {
  const headers = JSON.parse(json.toString()) as Record<string, string>
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)]),
  )
}
