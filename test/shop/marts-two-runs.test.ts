// Two runs of dds_to_clickhouse side by side, as a run by hand beside the scheduler's.

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { inTransaction } from '../../connections/postgres.ts'
import { createRandom } from '../../generators/index.ts'
import {
  buildMart,
  checkMarts,
  freezeBatch,
  publishBatch,
  TARGETS,
  transferTable,
} from '../../tasks/marts/index.ts'
import { takeBatch } from '../../tasks/marts/take-batch.ts'
import { claimTarget } from '../../tasks/marts/target-claim.ts'
import { until } from '../support/until.ts'
import { ANSWERS } from './answers.ts'
import { readMarts } from './mart-rows.ts'
import { type MartsStore, openMartsStore } from './marts-store.ts'
import { plainMarts } from './plain-marts.ts'
import { readShop } from './plain-shop.ts'
import { message, oddShop } from './shop-messages.ts'
import { landTopic, loadMarts, loadVault, nextContext, type TestWarehouse } from './warehouse.ts'

const MESSAGES = oddShop(createRandom('two runs'), '2026-01-01', 2)
const LATER = message('later', 'signup', '2026-01-02T12:00:00Z', { user_id: 'user-new' })
const NO_ANSWERS = { ...ANSWERS, rates: [], cities: {}, weather: {} }

let store: MartsStore
let shop: TestWarehouse
beforeAll(async () => {
  store = await openMartsStore()
})
afterAll(() => store.close())
beforeEach(async () => {
  shop = await store.freshShop()
  await shop.log.ensureTopics([{ topic: 'user_events', partitions: 1 }])
  await takeIn(MESSAGES)
})
afterEach(() => shop.close())

async function takeIn(messages: typeof MESSAGES): Promise<void> {
  await shop.log.append('user_events', messages)
  await landTopic()
  await loadVault()
}

it('take the same batch when they begin at once', async () => {
  const { martsId } = await freezeBatch({}, nextContext())
  await shop.pool.query('delete from dds.mart_batch_day')
  await shop.pool.query('delete from dds.mart_batch_load')
  await shop.pool.query('delete from dds.mart_batch')
  let second: ReturnType<typeof freezeBatch> | undefined
  const first = await inTransaction(shop.pool, async (client) => {
    const taken = await takeBatch(client, {
      martsId,
      runId: 'this run',
      eventsPerBatch: 200_000,
    })
    second = freezeBatch({}, nextContext())
    await until('the second waits for the first', async () => {
      const { rows } = await shop.pool.query(
        `select from pg_locks inner join pg_database on oid = database
         where datname = current_database() and not granted`,
      )
      return rows.length === 1
    })
    return taken
  })
  expect(first).not.toBeNull()
  expect(await second).toMatchObject(first!)
})

it('both end well, and every row is in the marts once', async () => {
  const [one, other] = await Promise.all([loadMarts(), loadMarts()])
  expect(one.batchId).not.toBeNull()
  expect(other.batchId).toBe(one.batchId)
  expect(await readMarts(store)).toEqual(plainMarts(readShop(MESSAGES, NO_ANSWERS)))
  expect(await store.rows(`show tables like 'staging%'`)).toEqual([])
})

it('wait for each other at a table, and say for whom', async () => {
  const batch = await freezeBatch({}, nextContext())
  const [holder, waiter] = [nextContext(), nextContext()]
  const claimed = { martsId: batch.martsId, target: 'fct_event' }
  let waiting: ReturnType<typeof transferTable> | undefined
  await claimTarget(shop.connections, claimed, holder, async () => {
    waiting = transferTable({ target: 'fct_event', batch }, waiter)
    await until('it is said', async () => waiter.logged.length > 0)
    expect(await store.rows('select 1 from fct_event')).toEqual([])
  })
  expect(waiter.logged[0]).toMatchObject({
    level: 'warning',
    message: expect.stringContaining(
      `marts.fct_event is being loaded by task instance ${holder.fence.taskInstanceId}`,
    ),
  })
  expect((await waiting)?.countRows).toBeGreaterThan(0)
})

it('stop waiting when their attempt is ended', async () => {
  const batch = await freezeBatch({}, nextContext())
  const ending = new AbortController()
  const waiter = nextContext({ signal: ending.signal })
  const claimed = { martsId: batch.martsId, target: 'geo_analysis' }
  await claimTarget(shop.connections, claimed, nextContext(), async () => {
    const waiting = buildMart({ target: 'geo_analysis', batch }, waiter)
    await until('it is said', async () => waiter.logged.length > 0)
    ending.abort()
    await expect(waiting).rejects.toThrow(/abort/)
  })
})

it('leave the tables to the other one when that is a batch ahead', async () => {
  const batch = await freezeBatch({}, nextContext())
  const loaded = await transferTable({ target: 'fct_event', batch }, nextContext())
  await loadMarts()
  await takeIn([LATER])
  const next = await freezeBatch({}, nextContext())
  for (const target of ['fct_event', 'fct_session', 'fct_order_line'] as const) {
    await transferTable({ target, batch: next }, nextContext())
  }

  const { countRows } = await transferTable({ target: 'fct_event', batch }, nextContext())
  expect(countRows).toBe(0)
  const context = nextContext()
  await shop.connections.clickhouse.command({ query: 'truncate table marts.fct_event' })
  expect(await checkMarts({ batch, loaded: [loaded] }, context)).toEqual({ passed: [] })
  expect(context.logged).toMatchObject([
    { level: 'warning', message: expect.stringContaining(`begun batch ${next.batchId}`) },
  ])
  await publishBatch({ batch, targets: [...TARGETS] }, nextContext())

  const rebuild = { ...batch, batchId: null }
  await expect(checkMarts({ batch: rebuild, loaded: [loaded] }, nextContext())).rejects.toThrow(
    `another run of dds_to_clickhouse is loading batch ${next.batchId}`,
  )
  const { rows } = await shop.pool.query(
    `select batch_id from dds.mart_watermark where target = 'fct_event'`,
  )
  expect(rows).toEqual([{ batch_id: next.batchId }])
})
