// The bare halves of dds → marts: the plain tables behind the facts copied out of Postgres and
// dropped, and the bytes of the facts inserted into tables of the same shape in ClickHouse.

import { Readable } from 'node:stream'
import type { Connections } from '../../connections/index.ts'
import { copyOut, countRows, perSecond } from './copy-out.ts'

/** The table of dds that has the grain of each fact. */
const PLAIN_TABLES = {
  fct_event: 'dds.nl_event',
  fct_session: 'dds.h_session',
  fct_order_line: 'dds.s_order_line',
} as const

type Fact = keyof typeof PLAIN_TABLES
const FACTS = Object.keys(PLAIN_TABLES) as Fact[]

/** Rows per second. */
export async function copyPlainTables({ warehouse }: Connections): Promise<number> {
  let rows = 0
  const start = performance.now()
  for (const table of Object.values(PLAIN_TABLES)) {
    await copyOut(warehouse, `select * from ${table}`, (chunk) => {
      rows += countRows(chunk)
    })
  }
  return perSecond(rows, start)
}

/** Rows per second. */
export async function insertFacts({ clickhouse }: Connections): Promise<number> {
  const encoded: { table: string; bytes: Buffer }[] = []
  for (const fact of FACTS) {
    const table = `bare_${fact}`
    await clickhouse.command({ query: `create or replace table ${table} as ${fact}` })
    const result = await clickhouse.query({
      query: `select * from ${fact}`,
      format: 'TabSeparated',
    })
    encoded.push({ table, bytes: Buffer.from(await result.text()) })
  }
  let rows = 0
  const start = performance.now()
  for (const { table, bytes } of encoded) {
    await clickhouse.insert({
      table,
      values: Readable.from([bytes], { objectMode: false }),
      format: 'TabSeparated',
    })
    rows += countRows(bytes)
  }
  const rate = perSecond(rows, start)
  for (const { table } of encoded) await clickhouse.command({ query: `drop table ${table} sync` })
  return rate
}

export async function countFacts({ clickhouse }: Connections): Promise<number> {
  const counts = await Promise.all(
    FACTS.map(async (fact) => {
      const result = await clickhouse.query({
        query: `select toUInt32(count()) as count from ${fact}`,
        format: 'JSONEachRow',
      })
      const [row] = await result.json<{ count: number }>()
      return row!.count
    }),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}
