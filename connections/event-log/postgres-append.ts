// Appends one call's messages in one transaction: reserve_offsets() locks the partitions, in order,
// until the commit, which is what keeps offsets dense and in commit order.

import { copyFields } from '../copy-fields.ts'
import { type Field, int4, int8 } from '../copy-format.ts'
import { inTransaction, type Pool } from '../postgres.ts'
import type { NewMessage } from './types.ts'

/** Above either, COPY's extra round trips cost less than array parameters do. */
const MESSAGES_IN_ONE_STATEMENT = 100
const BYTES_IN_ONE_STATEMENT = 256 * 1024

const COLUMNS = ['topic', 'partition', 'log_offset', 'key', 'value', 'headers'] as const

export async function appendMessages(
  pool: Pool,
  topic: string,
  messages: NewMessage[],
  partitionOf: (key: string | null) => number,
): Promise<void> {
  const partitions = messages.map(({ key }) => partitionOf(key))
  const counts = new Map<number, bigint>()
  for (const partition of partitions) counts.set(partition, (counts.get(partition) ?? 0n) + 1n)
  const bytes = messages.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)
  const isSmall = messages.length <= MESSAGES_IN_ONE_STATEMENT && bytes <= BYTES_IN_ONE_STATEMENT
  const placed = { messages, partitions, counts }
  await (isSmall ? appendInOneStatement(pool, topic, placed) : appendByCopy(pool, topic, placed))
}

interface Placed {
  messages: NewMessage[]
  /** The partition of each message. */
  partitions: number[]
  /** How many messages go to each partition. */
  counts: Map<number, bigint>
}

async function appendInOneStatement(pool: Pool, topic: string, placed: Placed): Promise<void> {
  const { messages, partitions, counts } = placed
  await pool.query(
    `insert into event_log.message (topic, partition, log_offset, key, value, headers)
     select
       $1,
       m.partition,
       r.first_offset + row_number() over (partition by m.partition order by m.position) - 1,
       m.key,
       m.value,
       m.headers
     from unnest($4::int[], $5::bytea[], $6::bytea[], $7::json[])
       with ordinality as m (partition, key, value, headers, position)
     join event_log.reserve_offsets($1, $2::int[], $3::bigint[]) as r using (partition)`,
    [
      topic,
      [...counts.keys()],
      [...counts.values()],
      partitions,
      messages.map(({ key }) => keyBytes(key)),
      messages.map(({ value }) => value),
      messages.map(({ headers }) => headersJson(headers)),
    ],
  )
}

async function appendByCopy(pool: Pool, topic: string, placed: Placed): Promise<void> {
  const { messages, partitions, counts } = placed
  const topicBytes = Buffer.from(topic)
  await inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ partition: number; first_offset: string }>(
      'select partition, first_offset from event_log.reserve_offsets($1, $2::int[], $3::bigint[])',
      [topic, [...counts.keys()], [...counts.values()]],
    )
    const next = new Map(rows.map((row) => [row.partition, BigInt(row.first_offset)]))
    const fields = function* (): Generator<Field[]> {
      for (const [i, { key, value, headers }] of messages.entries()) {
        const partition = partitions[i]!
        const offset = next.get(partition)!
        next.set(partition, offset + 1n)
        const json = headersJson(headers)
        yield [
          topicBytes,
          int4(partition),
          int8(offset),
          keyBytes(key),
          value,
          json === null ? null : Buffer.from(json),
        ]
      }
    }
    await copyFields(client, 'event_log.message', COLUMNS, fields())
  })
}

function keyBytes(key: string | null): Buffer | null {
  return key === null ? null : Buffer.from(key)
}

function headersJson(headers: Record<string, string> | undefined): string | null {
  if (headers === undefined || Object.keys(headers).length === 0) return null
  // A lone surrogate has no UTF-8 form and Postgres refuses its escape; Kafka's client replaces it.
  const entries = Object.entries(headers).map(([name, value]) => [
    name.toWellFormed(),
    value.toWellFormed(),
  ])
  return JSON.stringify(Object.fromEntries(entries))
}
