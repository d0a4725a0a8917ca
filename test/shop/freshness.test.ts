// Sources that are late or silent are told, once for each time, whatever is paused.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { declaredTopics } from '../../connections/topics.ts'
import { DataCheckFailed } from '../../orchestrator/sdk/index.ts'
import { checkSources } from '../../tasks/freshness/index.ts'
import { sampleEvent } from './sample-events.ts'
import {
  landTopic,
  loadVault,
  nextContext,
  openTestWarehouse,
  type TestWarehouse,
} from './warehouse.ts'

const TOPIC = 'order-service_orders'

let shop: TestWarehouse
let runs = 0

beforeAll(async () => {
  shop = await openTestWarehouse()
  await shop.log.ensureTopics([...declaredTopics()])
  await shop.log.append(TOPIC, [
    {
      key: 'u1',
      value: Buffer.from(JSON.stringify(sampleEvent('view', 1))),
      headers: { source: 'terrace' },
    },
  ])
})
afterAll(() => shop.close())

/** A run of check_sources. */
const check = () => checkSources({}, nextContext({ runId: `run-${++runs}` }))

async function toldOnce(text: RegExp | string): Promise<void> {
  expect(await check()).toEqual({ delayed: ['terrace'] })
  const second = check()
  await expect(second).rejects.toThrow(DataCheckFailed)
  await expect(second).rejects.toThrow(text)
  expect(await check()).toEqual({ delayed: ['terrace'] })
}

async function isOver(): Promise<void> {
  expect(await check()).toEqual({ delayed: [] })
}

const HOURS_AGO = `now() - interval '2 hours'`

it('A message that nobody lands is late after the target of its source, told by the second run', async () => {
  await isOver()
  await shop.pool.query(`update event_log.message set taken_at = ${HOURS_AGO}`)
  await toldOnce(
    /"terrace" is late: a message of topic order-service_orders has waited since .* in the log, and is not landed.* within 1h .*terrace dags unpause order_stream/,
  )
})

it('It is the same delay while the message waits in raw', async () => {
  await landTopic(50_000, TOPIC)
  expect(await check()).toEqual({ delayed: ['terrace'] })
  expect(await check()).toEqual({ delayed: ['terrace'] })
})

it('It is over when the vault has it, and another one begins when the marts do not take it', async () => {
  await loadVault({ topic: TOPIC })
  await isOver()
  await shop.pool.query(`update dds.load set finished_at = ${HOURS_AGO}`)
  await toldOnce('in dds, and is not in the marts')
  await shop.pool.query(`
    with batch as (
      insert into dds.mart_batch (marts_id, source, state, count_loads, load_ids_hash, published_at)
      values (gen_random_uuid(), 'terrace', 'published', 1, gen_random_uuid(), now()) returning *
    )
    insert into dds.mart_batch_load (marts_id, source, load_id, batch_id)
    select marts_id, source, load_id, batch_id from batch cross join dds.load`)
  await isOver()
})

it('A source with a freshness is silent when nothing new has come for so long', async () => {
  await shop.pool.query(`update dds.load set staged_at = ${HOURS_AGO}`)
  await toldOnce(/"terrace" is silent: nothing new came since .*every 1h/)
  await shop.pool.query('update dds.load set staged_at = now()')
  await isOver()
})

it('A source that has never sent is silent from when the warehouse was made', async () => {
  await shop.pool.query('delete from dds.load_day')
  await isOver()
  await shop.pool.query(`update warehouse.marker set created_at = ${HOURS_AGO}`)
  await toldOnce('"terrace" is silent')
})

it('Messages that name no source are told as those of "unknown"', async () => {
  await shop.pool.query('update warehouse.marker set created_at = now()')
  await shop.log.append('user_events', [{ key: 'u1', value: Buffer.from('{}') }])
  await shop.pool.query(`update event_log.message set taken_at = ${HOURS_AGO}`)
  expect(await check()).toEqual({ delayed: ['unknown'] })
  await expect(check()).rejects.toThrow(/"unknown" is late: .*terrace dags unpause kafka_to_raw/)
})

it('An attempt that ends before it could tell leaves it to the next one of its run', async () => {
  await shop.pool.query(`update dds.source_delay set told_in = 'run-again'`)
  const again = () => checkSources({}, nextContext({ runId: 'run-again' }))
  await expect(again()).rejects.toThrow(DataCheckFailed)
  await expect(again()).rejects.toThrow(DataCheckFailed)
  expect(await check()).toEqual({ delayed: ['unknown'] })
})
