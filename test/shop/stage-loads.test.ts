import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openConnections, useConnections } from '../../connections/index.ts'
import { inTransaction } from '../../connections/postgres.ts'
import { raiseFence, StaleFenceError, shareFence } from '../../connections/warehouse-fence.ts'
import rawToDds from '../../dags/raw_to_dds.ts'
import {
  type CleanResult,
  cleanAndValidate,
  refreshStatistics,
  validateAndLoadEvents,
} from '../../tasks/dds/index.ts'
import { until } from '../support/until.ts'
import { sampleEvent } from './sample-events.ts'
import { landTopic, nextContext, openTestWarehouse, type TestWarehouse } from './warehouse.ts'

const TOPIC = 'user_events'
const COUNT = 1_000

let shop: TestWarehouse
beforeEach(async () => {
  shop = await openTestWarehouse()
  await shop.log.ensureTopics([{ topic: TOPIC, partitions: 3 }])
  // Every tenth repeats the one before it, so that loads must know each other's events.
  const events = Array.from({ length: COUNT }, (_, n) =>
    sampleEvent('view', n % 10 === 9 ? n - 1 : n),
  )
  await shop.log.append(
    TOPIC,
    events.map((event, n) => ({ key: `${n}`, value: Buffer.from(JSON.stringify(event)) })),
  )
  await landTopic()
})
afterEach(() => shop.close())

async function openTransactions(): Promise<number> {
  const { rows } = await shop.pool.query(
    `select count(*)::int as count from pg_stat_activity
     where datname = current_database() and state like 'idle in transaction%'`,
  )
  return rows[0].count
}

async function accounting() {
  const { rows } = await shop.pool.query(
    `select sum(count_raw)::int as raw, sum(count_staged)::int as staged,
       sum(count_duplicates)::int as duplicates, sum(count_quarantined)::int as quarantined
     from dds.load`,
  )
  return rows[0]
}

/** Resolves when so many statements of the warehouse wait for a lock. */
async function waiting(count: number): Promise<void> {
  const query = `select from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`
  await until(`${count} statements wait`, async () => {
    return ((await shop.pool.query(query)).rowCount ?? 0) >= count
  })
}

const somebodyWaits = () => waiting(1)

describe('Loads that are filled while the one before is judged', () => {
  it('know the events of all loads before them', async () => {
    const result = await cleanAndValidate({ topic: TOPIC, rowsPerLoad: 70 }, nextContext())
    expect(result.loadIds.length).toBeGreaterThan(COUNT / 70)
    expect(result).toMatchObject({ countRaw: COUNT, countDuplicates: COUNT / 10 })
    expect(await accounting()).toEqual({
      raw: COUNT,
      staged: COUNT * 0.9,
      duplicates: COUNT / 10,
      quarantined: 0,
    })
  })

  it('leave no transaction open and nothing out when attempts meet', async () => {
    const { fence } = nextContext()
    const clean = (rowsPerLoad: number) =>
      cleanAndValidate({ topic: TOPIC, rowsPerLoad }, nextContext({ fence }))
    const ended = await Promise.allSettled([clean(50), clean(70), clean(90)])
    expect(ended.map(({ status }) => status)).toContain('rejected')
    for (const end of ended)
      if (end.status === 'rejected') expect(end.reason.name).toBe('WatermarkMovedError')
    expect(await openTransactions()).toBe(0)
    await clean(100)
    expect(await accounting()).toMatchObject({ raw: COUNT, staged: COUNT * 0.9 })
  })

  it('are of one log each, when a log was left with messages that nobody had validated', async () => {
    const { rows } = await shop.pool.query('select distinct log_id from raw.user_events')
    await shop.pool.query(`
      insert into raw.former_offsets (log_id, topic, kafka_partition, next_offset)
      select 'left', topic, kafka_partition, next_offset from raw.kafka_offsets`)
    await shop.pool.query(`
      insert into raw.user_events
        (topic, kafka_partition, kafka_offset, key, headers, value, source, received_at, batch_id, log_id)
      select topic, kafka_partition, kafka_offset, key, headers, value, source, received_at, batch_id,
        'left'
      from raw.user_events`)
    const result = await cleanAndValidate({ topic: TOPIC, rowsPerLoad: 300 }, nextContext())
    expect(result).toMatchObject({ countRaw: 2 * COUNT, countDuplicates: 1.1 * COUNT })
    const loads = await shop.pool.query<{ log_id: string; raw: number }>(
      'select log_id, sum(count_raw)::int as raw from dds.load group by 1 order by min(load_id)',
    )
    expect(loads.rows).toEqual([
      { log_id: 'left', raw: COUNT },
      { log_id: rows[0].log_id, raw: COUNT },
    ])
    const places = await shop.pool.query(
      'select distinct load.log_id = event.log_id as same from dds.load join dds.nl_event as event using (load_id)',
    )
    expect(places.rows).toEqual([])
  })

  it('go on whatever isolation the server begins with', async () => {
    await shop.pool.query(`do $$ begin execute format(
      'alter database %I set default_transaction_isolation = %L', current_database(), 'repeatable read');
    end $$`)
    const connections = openConnections({
      ...shop.connections.addresses,
      clickhouseUrl: 'http://127.0.0.1:9',
    })
    useConnections(connections)
    try {
      const result = await cleanAndValidate({ topic: TOPIC, rowsPerLoad: 100 }, nextContext())
      expect(result).toMatchObject({ countRaw: COUNT, countDuplicates: COUNT / 10 })
    } finally {
      await connections.close()
      useConnections(shop.connections)
    }
  })

  it('fail, and nothing else does, when the connection of one that waits is lost', async () => {
    // The first load waits for this, and the second for the first.
    const holder = await shop.pool.connect()
    await holder.query('begin')
    await holder.query('lock table dds.raw_watermark in exclusive mode')
    const cleaning = cleanAndValidate({ topic: TOPIC, rowsPerLoad: 100 }, nextContext())
    const failed = expect(cleaning).rejects.toThrow()
    await somebodyWaits()
    // The second may still be read: then it stands idle a moment later.
    const terminated = () =>
      shop.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> $1 and state = 'idle in transaction'`,
        [(holder as unknown as { processID: number }).processID],
      )
    await until('it is terminated', async () => ((await terminated()).rowCount ?? 0) > 0)
    await holder.query('rollback')
    holder.release()
    await failed
    await cleanAndValidate({ topic: TOPIC }, nextContext())
    expect(await accounting()).toMatchObject({ raw: COUNT, staged: COUNT * 0.9 })
  })

  it('stop at the abort of their attempt, with what was committed kept', async () => {
    const abort = new AbortController()
    const cleaning = cleanAndValidate(
      { topic: TOPIC, rowsPerLoad: 10 },
      nextContext({ signal: abort.signal }),
    )
    const stopped = expect(cleaning).rejects.toThrow(/abort/i)
    await until('a load is staged', async () => {
      return ((await shop.pool.query('select from dds.load')).rowCount ?? 0) > 0
    })
    abort.abort()
    await stopped
    expect(await openTransactions()).toBe(0)
    const { raw } = await accounting()
    expect(raw).toBeLessThan(COUNT)
    await cleanAndValidate({ topic: TOPIC }, nextContext())
    expect(await accounting()).toMatchObject({ raw: COUNT, staged: COUNT * 0.9 })
  })
})

describe('The targets', () => {
  it('take all of many loads', async () => {
    const loads = await cleanAndValidate({ topic: TOPIC, rowsPerLoad: 40 }, nextContext())
    expect(loads.loadIds.length).toBeGreaterThan(20)
    await validateAndLoadEvents({ loads }, nextContext())
    const { rows } = await shop.pool.query('select count(*)::int as count from dds.nl_event')
    expect(rows).toEqual([{ count: COUNT * 0.9 }])
  })

  it('keep out an attempt that is overtaken between two groups of loads', async () => {
    const loads = await cleanAndValidate({ topic: TOPIC, rowsPerLoad: 12 }, nextContext())
    const { fence } = nextContext()
    // The first load of the second group cannot be taken before this ends.
    const blocker = await shop.pool.connect()
    await blocker.query('begin')
    await blocker.query(`lock table dds.h_session in exclusive mode`)
    const older = expect(validateAndLoadEvents({ loads }, nextContext({ fence }))).rejects.toThrow(
      StaleFenceError,
    )
    await somebodyWaits()
    const raising = raiseFence(shop.pool, { ...fence, value: 2 })
    await waiting(2)
    await blocker.query('rollback')
    blocker.release()
    await raising
    await older
    const { rows } = await shop.pool.query(
      'select count(distinct load_id)::int as count from dds.nl_event',
    )
    expect(rows[0].count).toBeLessThan(loads.loadIds.length)
  })
})

describe('A fence that several transactions share', () => {
  const fence = (value: number) => ({ ...nextContext().fence, value })

  it('refuses an attempt after which another has raised it', async () => {
    const loads: CleanResult = await cleanAndValidate({ topic: TOPIC }, nextContext())
    const newer = fence(2)
    await validateAndLoadEvents({ loads }, nextContext({ fence: newer }))
    const older = nextContext({ fence: { ...newer, value: 1 } })
    await expect(validateAndLoadEvents({ loads }, older)).rejects.toThrow(StaleFenceError)
    await expect(shareFence(shop.pool, older.fence)).rejects.toThrow(StaleFenceError)
  })

  it('makes a newer attempt wait for all of them', async () => {
    const older = fence(1)
    await raiseFence(shop.pool, older)
    let isRaised = false
    const { raising } = await inTransaction(shop.pool, async (client) => {
      await shareFence(client, older)
      await shareFence(shop.pool, older)
      const waits = raiseFence(shop.pool, { ...older, value: 2 }).then(() => {
        isRaised = true
      })
      await somebodyWaits()
      expect(isRaised).toBe(false)
      return { raising: waits }
    })
    await raising
    await expect(shareFence(shop.pool, older)).rejects.toThrow(StaleFenceError)
  })
})

describe('Statistics', () => {
  it('are those of a load as soon as its targets have committed', async () => {
    const loads = await cleanAndValidate({ topic: TOPIC }, nextContext())
    await validateAndLoadEvents({ loads }, nextContext())
    const { analyzed } = await refreshStatistics({}, nextContext())
    expect(analyzed).toContain('dds.nl_event')
    const { rows } = await shop.pool.query(
      `select reltuples::int as rows from pg_class where oid = 'dds.nl_event'::regclass`,
    )
    expect(rows).toEqual([{ rows: COUNT * 0.9 }])
  })

  it('are made between all targets of a load and what reads them', () => {
    const { edges } = rawToDds.serialized
    const above = edges.filter(([, to]) => to === 'refresh_statistics').map(([from]) => from)
    expect(above.sort()).toEqual([
      'load_orders_from_events',
      'load_products_and_categories',
      'upsert_users_from_raw',
      'validate_and_load_events',
    ])
    for (const below of ['check_loads', 'find_lookups'])
      expect(edges).toContainEqual(['refresh_statistics', below])
    expect(edges).toContainEqual(['check_loads', 'finish_loads'])
  })
})
