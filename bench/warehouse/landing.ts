// B6: the log to raw, offsets in the COPY's transaction, beside its two bare halves; and beside one
// insert for each message.

import { randomUUID } from 'node:crypto'
import { testContext } from '../../orchestrator/sdk/testing.ts'
import { consumeAndSave, measureLag } from '../../tasks/raw/index.ts'
import type { Samples } from '../samples.ts'
import {
  copyIntoRaw,
  fetchFromKafka,
  fetchFromPostgres,
  insertIntoRaw,
  rowsOfRaw,
} from './bare-landing.ts'
import { type BenchWarehouse, settle, TOPIC } from './bench-warehouse.ts'

const SINGLE_INSERTS = 2_000

/** Everything is measured on empty tables. The first call is a warm-up: a reader joins its group. */
export async function measureLanding(place: BenchWarehouse, samples: Samples): Promise<void> {
  const { pool, brokers } = place
  const lane = brokers === null ? 'postgres' : 'kafka'
  place.use()
  await emptyRaw(place)
  const { rate, rows } = await land()
  const encoded = await rowsOfRaw(pool)
  const fetched = await (brokers === null ? fetchFromPostgres(pool) : fetchFromKafka(brokers, rows))
  const inserted = await insertIntoRaw(pool, SINGLE_INSERTS)
  await emptyRaw(place)
  const copied = await copyIntoRaw(pool, encoded)
  samples.add('b6_landing', lane, 'terrace', rate)
  samples.add('b6_landing', lane, 'limit', Math.min(fetched, copied))
  samples.add('b6_inserts', lane, 'terrace', rate)
  samples.add('b6_inserts', lane, 'limit', inserted)
}

async function land(): Promise<{ rate: number; rows: number }> {
  const lag = await measureLag({ topics: [TOPIC] })
  const context = testContext({ fence: { taskInstanceId: randomUUID(), value: 1 } })
  const start = performance.now()
  const { countLanded: rows } = await consumeAndSave({ lag }, context)
  return { rate: rows / ((performance.now() - start) / 1_000), rows }
}

async function emptyRaw({ pool }: BenchWarehouse): Promise<void> {
  await pool.query('truncate raw.user_events, raw.kafka_offsets, raw.batch')
  await settle(pool)
}
