// What each layer has of each source: messages, orders, units and money. One statement a layer.

import type { ClickHouseClient } from '@clickhouse/client'
import type { Queryable } from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import { ExactSum } from '../produce/reading/exact-sum.ts'

/** Decimal text by currency. */
export type Money = Record<string, string>

export interface ProducedTotals {
  messages: string
  counted: string
  repeated: string
  conflicts: string
  bad: string
  orders: string
  units: string
  money: Money
  newest: Date | null
  /** Files that were not sent to their end. */
  unfinished: string[] | null
}

export interface RawTotals {
  messages: string
  from_files: string
  newest: Date | null
}

export interface EventTotals {
  messages: string
  duplicates: string
  quarantined: string
  pending: string
  unaccounted: string
}

export interface OrderTotals {
  orders: string
  /** Those too of which only a piece has come. */
  known: string
  units: string
  money: Money
  /** Quantity times price of the lines. */
  lines: Money
  newest: Date | null
}

export interface MartTotals {
  orders: string
  units: string
  lines: Money
}

export interface SourceTotals {
  source: string
  produced: ProducedTotals | null
  raw: RawTotals | null
  events: EventTotals | null
  orders: OrderTotals | null
  marts: MartTotals | null
}

export interface Totals {
  sources: SourceTotals[]
  /** Loads of dds that are under way, and finished ones that are not in the marts yet. */
  staged: number
  unpublished: number
  /** When the marts were published last; null: never. */
  publishedAt: Date | null
}

export async function readTotals(
  warehouse: Queryable,
  clickhouse: ClickHouseClient,
  source: string | null,
): Promise<Totals> {
  const read = async <T extends { source: string }>(name: string) => {
    const { rows } = await warehouse.query<T>(await sqlFile(`totals/${name}.sql`))
    return new Map(rows.map((row) => [row.source, row]))
  }
  const produced = await read<ProducedTotals & { source: string }>('produced')
  const raw = await read<RawTotals & { source: string }>('raw')
  const events = await read<EventTotals & { source: string }>('dds_events')
  const orders = await read<OrderTotals & { source: string }>('dds_orders')
  const marts = await readMarts(clickhouse)
  const names = [
    ...new Set([produced, raw, events, orders, marts].flatMap((layer) => [...layer.keys()])),
  ]
  const { rows: waiting } = await warehouse.query<{ staged: string; unpublished: string }>(
    await sqlFile('totals/waiting.sql'),
  )
  const { rows: published } = await warehouse.query<{ published_at: Date | null }>(
    `select max(published_at) as published_at from dds.mart_batch where state = 'published'`,
  )
  return {
    sources: names
      .filter((name) => source === null || name === source)
      .sort()
      .map((name) => ({
        source: name,
        produced: produced.get(name) ?? null,
        raw: raw.get(name) ?? null,
        events: events.get(name) ?? null,
        orders: orders.get(name) ?? null,
        marts: marts.get(name) ?? null,
      })),
    staged: Number(waiting[0]!.staged),
    unpublished: Number(waiting[0]!.unpublished),
    publishedAt: published[0]!.published_at,
  }
}

interface MartRow {
  source: string
  currency: string
  orders: string
  units: string
  amount: string
}

async function readMarts(clickhouse: ClickHouseClient): Promise<Map<string, MartTotals>> {
  const result = await clickhouse.query({
    query: await sqlFile('totals/marts.sql'),
    format: 'JSONEachRow',
  })
  const found = new Map<string, MartTotals>()
  for (const row of await result.json<MartRow>()) {
    const { orders = '0', units = '0', lines = {} } = found.get(row.source) ?? {}
    found.set(row.source, {
      // An order has one currency, so no order is counted twice.
      orders: new ExactSum().add(orders).add(row.orders).toString(),
      units: new ExactSum().add(units).add(row.units).toString(),
      lines: row.currency === '' ? lines : { ...lines, [row.currency]: plain(row.amount) },
    })
  }
  return found
}

const plain = (decimal: string) => new ExactSum().add(decimal).toString()
