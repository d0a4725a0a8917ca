import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inTransaction } from '../../connections/postgres.ts'
import { raiseFence, StaleFenceError, shareFence } from '../../connections/warehouse-fence.ts'
import {
  type CleanResult,
  cleanAndValidate,
  refreshStatistics,
  validateAndLoadEvents,
} from '../../tasks/dds/index.ts'
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

/** Resolves when a statement of the warehouse waits for a lock. */
async function somebodyWaits(): Promise<void> {
  const waiting = `select from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`
  while ((await shop.pool.query(waiting)).rowCount === 0);
}

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

  it('stop at the abort of their attempt, with what was committed kept', async () => {
    const abort = new AbortController()
    const cleaning = cleanAndValidate(
      { topic: TOPIC, rowsPerLoad: 10 },
      nextContext({ signal: abort.signal }),
    )
    const stopped = expect(cleaning).rejects.toThrow(/abort/i)
    while ((await shop.pool.query('select from dds.load')).rowCount === 0);
    abort.abort()
    await stopped
    expect(await openTransactions()).toBe(0)
    const { raw } = await accounting()
    expect(raw).toBeLessThan(COUNT)
    await cleanAndValidate({ topic: TOPIC }, nextContext())
    expect(await accounting()).toMatchObject({ raw: COUNT, staged: COUNT * 0.9 })
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
})
