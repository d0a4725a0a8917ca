import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  EventLogMissingError,
  migrateEventLog,
  OffsetOutOfRangeError,
  openPostgresEventLog,
  pruneTopic,
} from '../../connections/event-log/index.ts'
import { openPostgres, type Pool } from '../../connections/postgres.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { lane } from '../support/lanes.ts'
import {
  collect,
  describeEventLog,
  message,
  newTopic,
  nextOffsets,
  readMessages,
  wholeOf,
} from './conformance.ts'

const postgres15 = lane('postgres15')

describe('The event log in embedded Postgres', () => describeOnPostgres(async () => ({})))

describe.skipIf(postgres15.missing)('The event log in Postgres 15', () => {
  describeOnPostgres(async () => {
    const server = await postgres15.start()
    return { server: server.address, stop: () => server.stop() }
  })
})

function describeOnPostgres(
  start: () => Promise<{ server?: string; stop?: () => Promise<void> }>,
): void {
  let database: FreshDatabase
  let pool: Pool
  let stop: (() => Promise<void>) | undefined

  beforeAll(async () => {
    const started = await start()
    stop = started.stop
    database = await freshDatabase(started.server ? { server: started.server } : {})
    pool = openPostgres(database.url)
    const early = openPostgresEventLog(pool)
    await expect(early.logId()).rejects.toThrow(EventLogMissingError)
    await expect(early.append('t', [])).rejects.toThrow(/terrace db migrate/)
    await early.close()
    await Promise.all([migrateEventLog(pool), migrateEventLog(pool)])
  })

  afterAll(async () => {
    await pool?.end()
    await database?.drop()
    await stop?.()
  })

  describeEventLog(() => ({
    databaseUrl: database.url,
    warehouseUrl: database.url,
    redisUrl: null,
    kafkaBrokers: null,
    clickhouseUrl: '',
  }))

  test('never shows a higher offset while a lower one is not committed', async () => {
    const log = openPostgresEventLog(pool)
    const topic = await newTopic(log, 2)
    const slow = await pool.connect()
    await slow.query('begin')
    await slow.query('select * from event_log.reserve_offsets($1, array[0], array[1::bigint])', [
      topic,
    ])
    // Waits for the slow one, for it has messages in both partitions.
    let isDone = false
    const appended = log.append(topic, [message(null, 'p0'), message(null, 'p1')]).finally(() => {
      isDone = true
    })
    await waitUntilBlocked(pool)
    expect(await readMessages(log, topic)).toEqual([])
    expect(isDone).toBe(false)
    await slow.query(
      `insert into event_log.message (topic, partition, log_offset, value) values ($1, 0, 0, 'slow')`,
      [topic],
    )
    await slow.query('commit')
    slow.release()
    await appended
    const read = await readMessages(log, topic)
    expect(read.map((one) => `${one.partition}.${one.offset} ${one.value}`)).toEqual([
      '0.0 slow',
      '0.1 p0',
      '1.0 p1',
    ])
    await log.close()
  })

  test('gives the offsets of a failed append to the next one', async () => {
    const log = openPostgresEventLog(pool)
    const topic = await newTopic(log, 1)
    const lost = await pool.connect()
    await lost.query('begin')
    await lost.query('select * from event_log.reserve_offsets($1, array[0], array[5::bigint])', [
      topic,
    ])
    await lost.query('rollback')
    lost.release()
    await log.append(topic, [message('a', 'kept')])
    expect((await readMessages(log, topic)).map(({ offset }) => offset)).toEqual([0n])
    await log.close()
  })

  test('prunes old messages, keeps the offsets, and tells readers that want them', async () => {
    const log = openPostgresEventLog(pool)
    const topic = await newTopic(log, 2)
    const ten = Array.from({ length: 10 }, (_, i) => message(null, String(i)))
    await log.append(topic, ten)
    const whole = wholeOf(await log.ranges(topic))
    expect(await pruneTopic(pool, topic, new Date(Date.now() - 3_600_000))).toBe(0)
    await pool.query(
      `update event_log.message set taken_at = now() - interval '2 days'
       where topic = $1 and partition = 0 and log_offset < 3`,
      [topic],
    )
    expect(await pruneTopic(pool, topic, new Date(Date.now() - 86_400_000))).toBe(3)
    const [first] = await log.ranges(topic)
    expect(first).toEqual({ partition: 0, firstOffset: 3n, nextOffset: 5n })
    await expect(collect(log.read(topic, whole))).rejects.toThrow(OffsetOutOfRangeError)

    expect(await pruneTopic(pool, topic, new Date(Date.now() + 86_400_000))).toBe(7)
    await log.append(topic, ten)
    expect(nextOffsets(await log.ranges(topic))).toEqual(
      new Map([
        [0, 10n],
        [1, 10n],
      ]),
    )
    expect(await readMessages(log, topic)).toHaveLength(10)
    await log.close()
  })

  test('refuses names that Kafka would refuse', async () => {
    const log = openPostgresEventLog(pool)
    await expect(log.ensureTopics([{ topic: "a'b", partitions: 1 }])).rejects.toThrow(/topic/)
    await log.close()
  })
}

async function waitUntilBlocked(pool: Pool): Promise<void> {
  for (;;) {
    const { rowCount } = await pool.query(
      `select from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    )
    if (rowCount) return
  }
}
