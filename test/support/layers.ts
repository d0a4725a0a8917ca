// Whether the thin stream lost or doubled anything: the messages of the event log and of each layer,
// as sets, read by their place in the log (topic, partition and offset) and by the event ids they carry.

import { createClient } from '@clickhouse/client'
import { expect } from 'vitest'
import type { EngineAddresses } from '../../connections/engines/types.ts'
import { type EventLog, openEventLog } from '../../connections/event-log/index.ts'
import { type PartitionRange, UnknownTopicError } from '../../connections/event-log/types.ts'
import { openPostgres, type Pool } from '../../connections/postgres.ts'
import { declaredTopics } from '../../connections/topics.ts'
import { until } from './until.ts'

/** Rows of each layer. */
export interface LayerCounts {
  raw: number
  dds: number
  facts: number
  marts: number
}

/** A message of the log as text, with its place (topic/partition/offset). */
export interface PlacedText {
  place: string
  text: string
}

export interface Layers {
  metadata: Pool
  counts(): Promise<LayerCounts>
  /** Waits until all that is in the log has come through to the marts, and no run is open. */
  quiet(patience?: { withinMs: number }): Promise<void>
  /** All messages of the log. */
  messages(): Promise<PlacedText[]>
  /** Places of the messages that dds accepted. */
  loadedPlaces(): Promise<Set<string>>
  /** What closed orders of a source are worth in the marts, by currency. */
  amounts(source: string): Promise<Record<string, string>>
  /** Produced = raw = loaded + quarantined + duplicates = facts, as sets. @returns how many of each */
  expectSetsEqual(): Promise<{ produced: number; loaded: number; refused: number }>
  /** Safe to call twice. */
  close(): Promise<unknown>
}

export function openLayers(addresses: EngineAddresses): Layers {
  const metadata = openPostgres(addresses.databaseUrl, { max: 2 })
  const warehouse = openPostgres(addresses.warehouseUrl, { max: 2 })
  const clickhouse = createClient({ url: addresses.clickhouseUrl, database: 'marts' })

  async function column(query: string): Promise<string[]> {
    return (await warehouse.query<{ place: string }>(query)).rows.map((row) => row.place)
  }
  async function facts<T>(query: string): Promise<T[]> {
    const answer = await clickhouse.query({ query, format: 'JSONEachRow' })
    return answer.json<T>()
  }

  async function rangesOf(log: EventLog, topic: string): Promise<PartitionRange[]> {
    return log.ranges(topic).catch((error: unknown) => {
      if (error instanceof UnknownTopicError) return []
      throw error
    })
  }

  async function countProduced(): Promise<number> {
    const log = openEventLog(addresses)
    try {
      let count = 0
      for (const { topic } of declaredTopics()) {
        for (const { firstOffset, nextOffset } of await rangesOf(log, topic)) {
          count += Number(nextOffset - firstOffset)
        }
      }
      return count
    } finally {
      await log.close()
    }
  }

  async function produced(): Promise<{ places: string[]; ids: string[]; texts: string[] }> {
    const log = openEventLog(addresses)
    const places: string[] = []
    const ids: string[] = []
    const texts: string[] = []
    try {
      for (const { topic } of declaredTopics()) {
        const ranges = await rangesOf(log, topic)
        for await (const batch of log.read(topic, {
          from: new Map(ranges.map((range) => [range.partition, range.firstOffset])),
          until: new Map(ranges.map((range) => [range.partition, range.nextOffset])),
        })) {
          for (const { partition, offset, headers, value } of batch.messages) {
            places.push(`${topic}/${partition}/${offset}`)
            ids.push(String(headers.event_id))
            texts.push(String(value))
          }
        }
      }
      return { places, ids, texts }
    } finally {
      await log.close()
    }
  }

  let closed: Promise<unknown> | undefined
  const layers: Layers = {
    metadata,

    async counts() {
      const { rows } = await warehouse.query<{ raw: number; dds: number }>(
        `select (select count(*)::int from raw.message) as raw,
           (select count(*)::int from dds.nl_event) as dds`,
      )
      const [inMarts] = await facts<{ facts: number; marts: number }>(
        `select toUInt32((select count() from fct_event)) as facts,
           toUInt32((select count() from active_users_7d)) as marts`,
      )
      return { ...rows[0]!, ...inMarts! }
    },

    async messages() {
      const { places, texts } = await produced()
      return places.map((place, index) => ({ place, text: texts[index]! }))
    },

    async loadedPlaces() {
      return new Set(
        await column(
          `select topic || '/' || kafka_partition || '/' || kafka_offset as place from dds.nl_event`,
        ),
      )
    },

    async amounts(source) {
      const rows = await facts<{ currency: string; amount: string }>(
        `select currency, toDecimalString(sum(amount), 4) as amount from fct_order_line
         where source = '${source}' and is_revenue and line_no > 0 group by currency order by currency`,
      )
      return Object.fromEntries(rows.map(({ currency, amount }) => [currency, amount]))
    },

    async quiet(patience = { withinMs: 120_000 }) {
      await until(
        'every message has come through to the marts',
        async () => {
          const { rows } = await metadata.query<{ open: number }>(
            `select count(*)::int as open from terrace.dag_run where state in ('queued', 'running')`,
          )
          if (rows[0]!.open > 0) return false
          const { raw, dds, facts: loaded } = await layers.counts()
          return raw === (await countProduced()) && dds === loaded && dds > 0
        },
        patience,
      )
    },

    async expectSetsEqual() {
      const place = (from: string) =>
        column(
          `select topic || '/' || kafka_partition || '/' || kafka_offset as place from ${from}`,
        )
      const { places, ids } = await produced()
      const raw = await place('raw.message')
      const loaded = await place('dds.nl_event')
      const refused = [...(await place('raw.quarantine')), ...(await place('raw.duplicate'))]
      // Lists and not sets: a place that appears twice is a difference too.
      expect(raw.toSorted()).toEqual(places.toSorted())
      expect([...loaded, ...refused].toSorted()).toEqual(places.toSorted())

      const rawIds = await column(`select headers ->> 'event_id' as place from raw.message`)
      expect(rawIds.toSorted()).toEqual(ids.toSorted())
      const eventIds = await column(`select source || ' ' || event_id as place from dds.nl_event`)
      const factIds = (
        await facts<{ id: string }>(`select concat(source, ' ', event_id) as id from fct_event`)
      ).map(({ id }) => id)
      expect(factIds.toSorted()).toEqual(eventIds.toSorted())
      expect(new Set(eventIds).size).toBe(eventIds.length)

      for (const view of ['dds.accounting', 'dds.accounting_by_source']) {
        const { rows } = await warehouse.query(`select * from ${view} where difference <> 0`)
        expect(rows).toEqual([])
      }
      return { produced: places.length, loaded: loaded.length, refused: refused.length }
    },

    close() {
      closed ??= Promise.all([metadata.end(), warehouse.end(), clickhouse.close()])
      return closed
    },
  }
  return layers
}
