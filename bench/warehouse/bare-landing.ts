// The bare halves of log → raw: messages fetched and dropped, and their rows copied into the table
// from memory. Whoever lands must do both, so the slower one is the limit.

import { randomUUID } from 'node:crypto'
import { finished } from 'node:stream/promises'
import { Kafka, logLevel } from 'kafkajs'
import { from as copyFrom } from 'pg-copy-streams'
import { inTransaction, type Pool } from '../../connections/postgres.ts'
import { TOPIC } from './bench-warehouse.ts'
import { copyOut, countRows, perSecond, rowEnds } from './copy-out.ts'

const ROWS_PER_TRANSACTION = 10_000
const BYTES_PER_WRITE = 256 * 1024
/** What Terrace asks for; kafkajs' default of 1 MB is slower. */
const BYTES_PER_PARTITION = 4 * 1024 * 1024

/** Rows per second of COPY of the log's table, dropped. */
export async function fetchFromPostgres(pool: Pool): Promise<number> {
  const start = performance.now()
  let rows = 0
  await copyOut(pool, `select * from event_log.message where topic = '${TOPIC}'`, (chunk) => {
    rows += countRows(chunk)
  })
  return perSecond(rows, start)
}

/** Messages per second from the first batch on: a consumer that joins its group waits for 3 s. */
export async function fetchFromKafka(brokers: string[], messages: number): Promise<number> {
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING })
  const consumer = kafka.consumer({
    groupId: `bench-${randomUUID()}`,
    maxBytesPerPartition: BYTES_PER_PARTITION,
  })
  await consumer.connect()
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true })
  let start: number | undefined
  let first = 0
  let rows = 0
  await new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    void consumer.run({
      autoCommit: false,
      async eachBatch({ batch }) {
        // Fetched before the clock ran: it is not counted.
        if (start === undefined) first = batch.messages.length
        start ??= performance.now()
        rows += batch.messages.length
        if (rows >= messages) resolve()
      },
    })
  })
  const rate = perSecond(rows - first, start!)
  await consumer.disconnect()
  return rate
}

export interface EncodedRows {
  rows: number
  /** The bytes of each transaction. */
  transactions: Buffer[]
}

/** The rows of raw as COPY writes them. */
export async function rowsOfRaw(pool: Pool): Promise<EncodedRows> {
  const chunks: Buffer[] = []
  await copyOut(pool, 'select * from raw.user_events', (chunk) => chunks.push(chunk))
  const whole = Buffer.concat(chunks)
  const transactions: Buffer[] = []
  let rows = 0
  let from = 0
  for (const end of rowEnds(whole)) {
    rows += 1
    if (rows % ROWS_PER_TRANSACTION !== 0 && end + 1 !== whole.length) continue
    transactions.push(whole.subarray(from, end + 1))
    from = end + 1
  }
  return { rows, transactions }
}

export async function copyIntoRaw(
  pool: Pool,
  { rows, transactions }: EncodedRows,
): Promise<number> {
  const start = performance.now()
  for (const bytes of transactions) {
    await inTransaction(pool, async (client) => {
      const target = client.query(copyFrom('copy raw.user_events from stdin'))
      for (let at = 0; at < bytes.length; at += BYTES_PER_WRITE)
        target.write(bytes.subarray(at, at + BYTES_PER_WRITE))
      target.end()
      await finished(target)
    })
  }
  return perSecond(rows, start)
}

/** A commit for each message. */
export async function insertIntoRaw(pool: Pool, count: number): Promise<number> {
  const { rows, fields } = await pool.query<Record<string, unknown>>(
    `select * from raw.user_events limit ${count}`,
  )
  await pool.query('truncate raw.user_events')
  const names = fields.map((field) => field.name)
  const text = `insert into raw.user_events (${names.join(', ')})
    values (${names.map((_, index) => `$${index + 1}`).join(', ')})`
  const client = await pool.connect()
  const start = performance.now()
  try {
    for (const row of rows)
      await client.query({ name: 'bench_insert', text, values: names.map((name) => row[name]) })
  } finally {
    client.release()
  }
  return perSecond(rows.length, start)
}
