// A batch that cannot be published for a reason of its own is set aside with an alert; what comes after it
// goes on, and it comes back when somebody asks for it.

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { createRandom, type GeneratedMessage } from '../../generators/index.ts'
import { DataCheckFailed, type TaskContext } from '../../orchestrator/sdk/index.ts'
import { lockBatches } from '../../tasks/marts/batches.ts'
import {
  buildMart,
  FACTS,
  freezeBatch,
  type MartBatch,
  tellSetAside,
  transferTable,
} from '../../tasks/marts/index.ts'
import { setAside } from '../../tasks/marts/set-aside.ts'
import { ANSWERS } from './answers.ts'
import { readMarts } from './mart-rows.ts'
import { type MartsStore, openMartsStore } from './marts-store.ts'
import { plainMarts } from './plain-marts.ts'
import { readShop } from './plain-shop.ts'
import { message, oddShop } from './shop-messages.ts'
import { landTopic, loadMarts, loadVault, nextContext, type TestWarehouse } from './warehouse.ts'

const MESSAGES = oddShop(createRandom('set aside'), '2026-01-01', 1)
const NO_ANSWERS = { ...ANSWERS, rates: [], cities: {}, weather: {} }
const BAD = [
  message('bad', 'view', '2026-01-01T12:00:00Z', {
    session_id: 'session-0-1',
    user_id: 'user-bad',
    product: { product_id: 'p-bad', name: 'Pen', category: 'c', price: 2, currency: 'EUR' },
    quantity: 1,
    platform: 'desktop',
    weather: null,
  }),
  message('bad sign-up', 'signup', '2005-05-05T00:00:00Z', { user_id: 'user-bad' }),
]
const GOOD = message('good', 'signup', '2026-01-01T15:00:00Z', { user_id: 'user-good' })
const BETTER = message('better', 'signup', '2026-01-01T16:00:00Z', { user_id: 'user-better' })

let store: MartsStore
let shop: TestWarehouse
beforeAll(async () => {
  store = await openMartsStore()
})
afterAll(() => store.close())
beforeEach(async () => {
  shop = await store.freshShop()
  await shop.log.ensureTopics([{ topic: 'user_events', partitions: 1 }])
  await takeIn(...MESSAGES)
  await loadMarts()
})
afterEach(() => shop.close())

async function takeIn(...messages: GeneratedMessage[]): Promise<void> {
  await shop.log.append('user_events', messages)
  await landTopic()
  await loadVault()
}

let runs = 0
/** dds_to_clickhouse as a run of its own. */
function nextRun(): () => TaskContext {
  runs += 1
  const runId = `run ${runs}`
  return () => nextContext({ runId })
}
const run = () => loadMarts({ context: nextRun() })
/** No check passes a price below nothing. */
const spoil = (price: number) =>
  shop.pool.query(
    `update dds.nl_event set unit_price = $1
     where event_hk = dds.hash_key('terrace', 'bad')`,
    [price],
  )
const plain = (...messages: GeneratedMessage[]) =>
  plainMarts(readShop([...MESSAGES, ...messages], NO_ANSWERS))
const retry = (batchId: string) =>
  shop.pool.query('update dds.mart_batch set retry_asked_at = now() where batch_id = $1', [batchId])

async function failThreeRuns(): Promise<string> {
  await takeIn(...BAD)
  await spoil(-2)
  for (let n = 0; n < 3; n++) await expect(run()).rejects.toThrow(DataCheckFailed)
  const { rows } = await shop.pool.query<{ batch_id: string }>(
    `select batch_id from dds.mart_batch where state = 'frozen'`,
  )
  return rows[0]!.batch_id
}

it('after three runs, and what comes after it goes on without its rows', async () => {
  const aside = await failThreeRuns()
  await takeIn(GOOD)
  const { batchId } = await run()
  expect(Number(batchId)).toBeGreaterThan(Number(aside))
  expect(await readMarts(store)).toEqual(plain(GOOD))

  // The cause is mended, and it is asked for again.
  await spoil(2)
  await retry(aside)
  await takeIn(BETTER)
  const retried = await run()
  expect(retried.countLoads).toBe(1)
  expect(await readMarts(store)).toEqual(plain(GOOD, ...BAD))
  await run()
  expect(await readMarts(store)).toEqual(plain(GOOD, ...BAD, BETTER))
}, 180_000)

it('is told by one failed task that says which, why and what to do', async () => {
  const aside = await failThreeRuns()
  await takeIn(GOOD)
  const context = nextRun()
  const batch = await freezeBatch({}, context())
  const tell = () => tellSetAside({ batch }, context())
  await expect(tell()).rejects.toThrow(DataCheckFailed)
  // An attempt that was lost before it could tell.
  await expect(tell()).rejects.toThrow(
    new RegExp(
      `^Batch ${aside} of source terrace was set aside: 3 runs failed with it. \\S*: ` +
        'sql/marts/fct_event/check.sql: 1 offending rows[^]* 1 loads with 2 events, and reopens ' +
        `2005-05-05 to 2026-01-01[^]*terrace batches retry ${aside}$`,
    ),
  )
  expect(await tellSetAside({ batch }, nextRun()())).toEqual({ setAside: 1 })
})

it('takes with it what tables hold of it already', async () => {
  await takeIn(...BAD)
  const context = nextRun()
  const batch: MartBatch = await freezeBatch({}, context())
  for (const target of FACTS) await transferTable({ target, batch }, context())
  for (const target of ['user_engagement', 'daily_business_summary'] as const) {
    await buildMart({ target, batch }, context())
  }
  const client = await shop.pool.connect()
  await client.query('begin')
  await lockBatches(client, batch.martsId)
  await setAside(client, batch.martsId, batch.batchId!, 'by hand', 'by hand')
  await client.query('commit')
  client.release()
  await expect(transferTable({ target: 'fct_event', batch }, context())).rejects.toThrow(
    'was set aside while this run loaded it',
  )

  await takeIn(GOOD)
  await run()
  expect(await readMarts(store)).toEqual(plain(GOOD))
  await retry(batch.batchId!)
  await run()
  expect(await readMarts(store)).toEqual(plain(GOOD, ...BAD))
})

it('is one at a time: when the next fails as well, the reason is not the batch', async () => {
  const first = await failThreeRuns()
  await takeIn({ ...GOOD })
  await shop.pool.query(
    `alter table dds.mart_watermark add constraint nothing_moves check (batch_id < 2) not valid`,
  )
  for (let n = 0; n < 5; n++) await expect(run()).rejects.toThrow('nothing_moves')
  const states = async () => {
    const { rows } = await shop.pool.query<{ state: string }>(
      'select state from dds.mart_batch order by batch_id',
    )
    return rows.map(({ state }) => state)
  }
  expect(await states()).toEqual(['published', 'set_aside', 'frozen'])
  await shop.pool.query('alter table dds.mart_watermark drop constraint nothing_moves')
  await run()
  expect(await states()).toEqual(['published', 'set_aside', 'published'])
  await spoil(2)
  await retry(first)
  await run()
  expect(await states()).toEqual(['published', 'retried', 'published', 'published'])
  expect(await readMarts(store)).toEqual(plain(GOOD, ...BAD))
})
