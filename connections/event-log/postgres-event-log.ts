// The event log as tables of a Postgres database (sql/event-log/ddl): offsets are dense and in
// commit order, one append is one transaction, and a reader below next_offset never misses a
// message.

import { openPostgres, type Pool } from '../postgres.ts'
import { createAppendListener } from './append-listener.ts'
import { rethrowNamed } from './event-log-missing-error.ts'
import { stretchesToRead } from './offset-range.ts'
import { createPartitioner } from './partitioner.ts'
import { appendMessages } from './postgres-append.ts'
import { readBatch } from './postgres-read.ts'
import { type EventLog, type PartitionRange, UnknownTopicError } from './types.ts'
import { watchTopic } from './watch-topic.ts'

const MESSAGES_PER_BATCH = 10_000
const WATCH_INTERVAL_MS = 1000

/** A pool stays its owner's to end; a URL gives the log a pool of its own, which `close` ends. */
export function openPostgresEventLog(poolOrUrl: Pool | string): EventLog {
  const isOwner = typeof poolOrUrl === 'string'
  const pool = isOwner ? openPostgres(poolOrUrl, { allowExitOnIdle: true }) : poolOrUrl
  const listener = createAppendListener(pool)
  const partitionFor = createPartitioner()
  const partitionCounts = new Map<string, number>()
  let id: Promise<string> | undefined
  let closing: Promise<void> | undefined

  /** The topics' numbers of partitions never change. */
  async function partitionCount(topic: string): Promise<number> {
    const known = partitionCounts.get(topic)
    if (known !== undefined) return known
    const count = (await log.ranges(topic)).length
    partitionCounts.set(topic, count)
    return count
  }

  const log: EventLog = {
    kind: 'postgres',

    async logId() {
      id ??= pool
        .query<{ epoch: string }>('select epoch from event_log.log')
        .then(({ rows }) => `postgres:${rows[0]!.epoch}`)
        .catch((error: unknown) => {
          id = undefined
          return rethrowNamed(error)
        })
      return id
    },

    async ensureTopics(topics) {
      await pool
        .query(
          `with wanted as (
             select * from unnest($1::text[], $2::int[]) as w (topic, partitions)
           ), added as (
             insert into event_log.topic (topic)
             select topic from wanted order by topic
             on conflict do nothing
             returning topic
           )
           insert into event_log.partition (topic, partition)
           select topic, generate_series(0, partitions - 1)
           from wanted join added using (topic)`,
          [topics.map(({ topic }) => topic), topics.map(({ partitions }) => partitions)],
        )
        .catch(rethrowNamed)
    },

    async append(topic, messages) {
      const partitions = await partitionCount(topic)
      if (messages.length === 0) return
      await appendMessages(pool, topic, messages, (key) => partitionFor(key, partitions))
    },

    async ranges(topic) {
      const { rows } = await pool
        .query<{ partition: number; first_offset: string; next_offset: string }>(
          `select
             p.partition,
             p.next_offset,
             coalesce(
               (select min(m.log_offset) from event_log.message as m
                where m.topic = p.topic and m.partition = p.partition),
               p.next_offset
             ) as first_offset
           from event_log.partition as p
           where p.topic = $1
           order by p.partition`,
          [topic],
        )
        .catch(rethrowNamed)
      if (rows.length === 0) throw new UnknownTopicError(topic)
      return rows.map(
        (row): PartitionRange => ({
          partition: row.partition,
          firstOffset: BigInt(row.first_offset),
          nextOffset: BigInt(row.next_offset),
        }),
      )
    },

    async *read(topic, options) {
      const { signal, maxMessagesPerBatch = MESSAGES_PER_BATCH } = options
      signal?.throwIfAborted()
      for (const stretch of stretchesToRead(topic, await log.ranges(topic), options)) {
        let from = stretch.from
        while (from < stretch.until) {
          signal?.throwIfAborted()
          const batch = await readBatch(pool, topic, { ...stretch, from }, maxMessagesPerBatch)
          signal?.throwIfAborted()
          yield batch
          from = batch.nextOffset
        }
      }
    },

    async watch(topic, changed, { signal, intervalMs = WATCH_INTERVAL_MS }) {
      await watchTopic({
        ranges: () => log.ranges(topic),
        changed,
        signal,
        intervalMs,
        woken: (until) => listener.next(topic, until),
      })
    },

    close() {
      closing ??= listener.close().then(() => (isOwner ? pool.end() : undefined))
      return closing
    },
  }
  return log
}
