import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { adoptLog } from '../../connections/adopt-log.ts'
import { openPostgresEventLog, pruneTopic } from '../../connections/event-log/index.ts'
import { migrateWarehouse } from '../../connections/migrations.ts'
import { openPostgres } from '../../connections/postgres.ts'
import { skipLost } from '../../connections/skip-lost.ts'
import { StaleFenceError } from '../../connections/warehouse-fence.ts'
import {
  consumeAndSave,
  LogChangedError,
  MessagesLostError,
  measureLag,
  OffsetMovedError,
  TopicChangedError,
} from '../../tasks/raw/index.ts'
import { moveOffset } from '../../tasks/raw/offsets.ts'
import { freshDatabase } from '../support/database.ts'
import {
  landTopic,
  loadVault,
  nextContext,
  openTestWarehouse,
  type TestWarehouse,
} from './warehouse.ts'

const TOPIC = 'user_events'

let shop: TestWarehouse

beforeEach(async () => {
  await shop?.close()
  shop = await openTestWarehouse()
  await shop.log.ensureTopics([{ topic: TOPIC, partitions: 3 }])
})
afterAll(() => shop?.close())

async function send(count: number): Promise<void> {
  await shop.log.append(
    TOPIC,
    Array.from({ length: count }, (_, n) => ({ key: `k${n % 7}`, value: Buffer.from(`m${n}`) })),
  )
}

async function landedValues(): Promise<string[]> {
  const { rows } = await shop.pool.query<{ value: string }>(
    `select convert_from(value, 'UTF8') as value from raw.user_events order by value`,
  )
  return rows.map((row) => row.value)
}

describe('Landing the log in raw', () => {
  it('lands every message once, however often it runs', async () => {
    await send(500)
    expect(await landTopic(100)).toBe(500)
    expect(await landTopic()).toBe(0)
    await send(3)
    expect(await landTopic()).toBe(3)
    expect(await landedValues()).toHaveLength(503)
  })

  it('keeps bytes that are no text, tombstones, keys and headers', async () => {
    const value = Buffer.from([0, 255, 92, 9, 10, 13, 0])
    await shop.log.append(TOPIC, [
      { key: null, value, headers: { source: 'terrace', tab: 'a\tb\\c' } },
      { key: 'k', value: null },
    ])
    await landTopic()
    const { rows } = await shop.pool.query(
      'select key, value, headers, source from raw.user_events order by source',
    )
    expect(rows).toEqual([
      { key: null, value, headers: { source: 'terrace', tab: 'a\tb\\c' }, source: 'terrace' },
      { key: Buffer.from('k'), value: null, headers: {}, source: 'unknown' },
    ])
  })

  it('goes on where the attempt before it ended, with the same lag', async () => {
    await send(50)
    const lag = await measureLag({ topics: [TOPIC] })
    expect(await consumeAndSave({ lag }, nextContext())).toEqual({ countLanded: 50 })
    expect(await consumeAndSave({ lag }, nextContext())).toEqual({ countLanded: 0 })
    expect(await landedValues()).toHaveLength(50)
  })

  it('finds no lag in a topic that nobody has written to yet', async () => {
    const topic = 'order-service_orders'
    const [lag] = await measureLag({ topics: [topic] })
    expect(lag).toMatchObject({ topic, partitions: [], count: 0 })
  })

  it('lands every message once when two land the same range at the same time', async () => {
    await send(50)
    const lag = await measureLag({ topics: [TOPIC] })
    const both = await Promise.allSettled([1, 2].map(() => consumeAndSave({ lag }, nextContext())))
    for (const landing of both) {
      if (landing.status === 'rejected') {
        expect(String(landing.reason)).toMatch(/duplicate key|moved the stored offset/)
      }
    }
    expect(await landedValues()).toHaveLength(50)
  })

  it('refuses to move an offset that is not where the landing began', async () => {
    const move = { topic: TOPIC, partition: 0, logId: await shop.log.logId() }
    await moveOffset(shop.pool, { ...move, from: 0n, to: 5n })
    await expect(moveOffset(shop.pool, { ...move, from: 0n, to: 9n })).rejects.toThrow(
      OffsetMovedError,
    )
  })

  it('refuses an attempt whose fence is older than one that has written', async () => {
    await send(10)
    const lag = await measureLag({ topics: [TOPIC] })
    const fence = { taskInstanceId: '00000000-0000-7000-8000-00000000f00d', value: 2 }
    await consumeAndSave({ lag }, nextContext({ fence }))
    await send(10)
    const later = await measureLag({ topics: [TOPIC] })
    const stale = consumeAndSave({ lag: later }, nextContext({ fence: { ...fence, value: 1 } }))
    await expect(stale).rejects.toThrow(StaleFenceError)
    expect(await landedValues()).toHaveLength(10)
  })

  it('names another log under a landed topic, and goes on with it after adopt-log', async () => {
    await send(20)
    await landTopic()
    await shop.pool.query('update event_log.log set epoch = gen_random_uuid()')
    const other = openPostgresEventLog(shop.pool)
    Object.assign(shop.connections, { eventLog: other })
    await expect(measureLag({ topics: [TOPIC] })).rejects.toThrow(LogChangedError)
    await expect(measureLag({ topics: [TOPIC] })).rejects.toThrow(
      'terrace db adopt-log user_events',
    )
    await adoptLog(shop.pool, TOPIC)
    expect(await landTopic()).toBe(20)
    expect(await landedValues()).toHaveLength(40)
    await other.close()
  })

  it('goes on with a log that was restored to an earlier offset after adopt-log, any number of times', async () => {
    await send(30)
    await landTopic()
    const id = await shop.log.logId()
    const restore = async () => {
      await shop.pool.query('delete from event_log.message where log_offset >= 2')
      await shop.pool.query('update event_log.partition set next_offset = least(next_offset, 2)')
    }
    const inLog = async () => {
      const ranges = await shop.log.ranges(TOPIC)
      return ranges.reduce((sum, range) => sum + Number(range.nextOffset - range.firstOffset), 0)
    }
    let landed = 30
    for (const storedId of [`${id}#2`, `${id}#3`]) {
      await restore()
      await expect(measureLag({ topics: [TOPIC] })).rejects.toThrow(
        /raw was landed up to offset \d+, but the log ends at 2\..*terrace db adopt-log user_events/,
      )
      await adoptLog(shop.pool, TOPIC)
      await send(20)
      expect(await landTopic()).toBe(await inLog())
      expect(await landTopic()).toBe(0)
      await send(4)
      expect(await landTopic()).toBe(4)
      const { rows } = await shop.pool.query<{ count: number }>(
        'select count(*)::int as count from raw.user_events where log_id = $1',
        [storedId],
      )
      expect(rows[0]!.count).toBe(await inLog())
      landed += rows[0]!.count
      expect(await landedValues()).toHaveLength(landed)
    }
    const loads = await loadVault()
    expect(loads.countRaw).toBeGreaterThan(0)
  })

  it('names a topic that was made anew and has grown past what was landed', async () => {
    await send(20)
    await landTopic()
    await shop.pool.query('delete from event_log.message')
    await shop.pool.query('update event_log.partition set next_offset = 0')
    await send(50)
    await expect(landTopic()).rejects.toThrow(TopicChangedError)
    await expect(landTopic()).rejects.toThrow('terrace db adopt-log user_events')
    expect(await landedValues()).toHaveLength(20)
    await adoptLog(shop.pool, TOPIC)
    expect(await landTopic()).toBe(50)
    await send(3)
    expect(await landTopic()).toBe(3)
  })

  it('names a topic that has lost a partition', async () => {
    await send(20)
    await landTopic()
    await shop.pool.query('delete from event_log.message where partition > 0')
    await shop.pool.query('delete from event_log.partition where partition > 0')
    const anew = openPostgresEventLog(shop.pool)
    await anew.append(TOPIC, [{ key: 'k', value: Buffer.from('of the new topic') }])
    await anew.close()
    await expect(landTopic()).rejects.toThrow('terrace db adopt-log user_events')
    expect(await landedValues()).toHaveLength(20)
  })

  it('names a log that lost its end and took other messages in its place', async () => {
    await send(30)
    await landTopic()
    await shop.pool.query('delete from event_log.message where log_offset >= 2')
    await shop.pool.query('update event_log.partition set next_offset = least(next_offset, 2)')
    await send(200)
    await expect(landTopic()).rejects.toThrow(TopicChangedError)
    expect(await landedValues()).toHaveLength(30)
  })

  it('goes on with a topic whose landed messages were all removed', async () => {
    await send(30)
    await landTopic()
    await pruneTopic(shop.pool, TOPIC, new Date(Date.now() + 1000))
    await send(5)
    expect(await landTopic()).toBe(5)
  })

  it('says how many messages retention took before they were landed, and skips them on request', async () => {
    await send(30)
    await landTopic()
    const logId = await shop.log.logId()
    await send(30)
    await pruneTopic(shop.pool, TOPIC, new Date(Date.now() + 1000))
    await send(4)
    await expect(landTopic()).rejects.toThrow(MessagesLostError)
    await expect(landTopic()).rejects.toThrow(
      /user_events": 30 messages were removed .*terrace db skip-lost user_events/,
    )
    const skipped = await skipLost(shop.pool, shop.log, TOPIC)
    expect(skipped.reduce((sum, { from, until }) => sum + until - from, 0n)).toBe(30n)
    expect(await skipLost(shop.pool, shop.log, TOPIC)).toEqual([])
    expect(await landTopic()).toBe(4)
    const { rows } = await shop.pool.query('select distinct log_id from raw.user_events')
    expect(rows).toEqual([{ log_id: logId }])
    expect((await loadVault()).countRaw).toBe(34)
  })

  it('does not begin a log again that was left while it was landed', async () => {
    await send(10)
    await landTopic()
    const move = { topic: TOPIC, partition: 0, logId: await shop.log.logId() }
    await adoptLog(shop.pool, TOPIC)
    await expect(moveOffset(shop.pool, { ...move, from: 9n, to: 12n })).rejects.toThrow(
      OffsetMovedError,
    )
  })

  it('stops when its signal aborts', async () => {
    await send(10)
    const lag = await measureLag({ topics: [TOPIC] })
    const reason = new Error('cancelled')
    const signal = AbortSignal.abort(reason)
    await expect(consumeAndSave({ lag }, nextContext({ signal }))).rejects.toThrow('cancelled')
    expect(await landedValues()).toEqual([])
  })

  it('loses and repeats nothing when it is killed between COPY and commit, or after it', async () => {
    await send(300)
    const sent = Array.from({ length: 300 }, (_, n) => `m${n}`).sort()
    expect(await landInChild('kafka_to_raw.between_copy_and_commit=kill:1')).toBe('SIGKILL')
    expect(await landedValues()).toEqual([])
    expect(await landInChild('kafka_to_raw.after_commit=kill:1')).toBe('SIGKILL')
    expect(await landInChild('kafka_to_raw.between_copy_and_commit=kill:2')).toBe('SIGKILL')
    expect(await landInChild('')).toBe(null)
    expect((await landedValues()).sort()).toEqual(sent)
  })

  async function landInChild(failpoints: string): Promise<NodeJS.Signals | null> {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', fileURLToPath(new URL('land-in-child.ts', import.meta.url)), shop.url],
      { env: { ...process.env, TERRACE_FAILPOINTS: failpoints }, stdio: 'inherit' },
    )
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    if (signal === null && code !== 0) throw new Error(`land-in-child.ts ended with ${code}`)
    return signal
  }
})

describe('Migrations of the warehouse', () => {
  let url: string
  let drop: () => Promise<void>
  beforeAll(async () => {
    ;({ url, drop } = await freshDatabase())
  })
  afterAll(() => drop())

  it('refuse a database of somebody else without --yes, and run once with it', async () => {
    const pool = openPostgres(url)
    await pool.query('create table public.accounts (id int)')
    await expect(migrateWarehouse({ warehouse: pool })).rejects.toThrow(
      /public\.accounts.*terrace db migrate --yes/,
    )
    const [a, b] = await Promise.all([
      migrateWarehouse({ warehouse: pool }, { yes: true }),
      migrateWarehouse({ warehouse: pool }, { yes: true }),
    ])
    expect([a.applied.length, b.applied.length].sort()[0]).toBe(0)
    expect((await migrateWarehouse({ warehouse: pool })).applied).toEqual([])
    await pool.end()
  })

  it('leave no table or column without a comment', async () => {
    const pool = openPostgres(url)
    const { rows } = await pool.query(
      `select format('%s.%s.%s', n.nspname, c.relname, a.attname) as name
       from pg_class as c
       join pg_namespace as n on n.oid = c.relnamespace
       join pg_attribute as a on a.attrelid = c.oid and a.attnum >= 0 and not a.attisdropped
       where n.nspname in ('warehouse', 'raw', 'dds') and c.relkind in ('r', 'p')
         and (col_description(c.oid, a.attnum) is null or obj_description(c.oid, 'pg_class') is null)
         and a.attnum > 0
       order by name`,
    )
    await pool.end()
    expect(rows).toEqual([])
  })
})
