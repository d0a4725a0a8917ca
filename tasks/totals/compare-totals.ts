// Where two layers differ, and why most likely. Pure.
//
// What was produced is compared with dds only while no other producer sends messages of the source: then each
// order, unit and krona of the files must be found again, but for what quarantine holds.

import { ExactSum } from '../produce/reading/exact-sum.ts'
import type { Money, SourceTotals, Totals } from './read-totals.ts'

export interface Difference {
  source: string
  /** The two layers, such as "produced → raw". */
  between: string
  what: string
  left: string
  right: string
  cause: string
}

export function compareTotals(totals: Totals): Difference[] {
  return totals.sources.flatMap((one) => [
    ...producedAndRaw(one),
    ...rawAndDds(one),
    ...producedAndDds(one),
    ...ddsAndMarts(one, totals),
  ])
}

function producedAndRaw({ source, produced, raw }: SourceTotals): Difference[] {
  const left = produced?.messages ?? '0'
  const right = raw?.from_files ?? '0'
  if (left === right) return []
  const unfinished = produced?.unfinished?.join(', ')
  const cause =
    Number(right) < Number(left)
      ? 'Not all of the topic is landed yet. The DAG that lands it runs soon, or is paused: terrace dags list'
      : unfinished
        ? `A command was ended between sending a batch and counting it (${unfinished}). Send the file again: each message counts once`
        : 'The tables of produced files were emptied or come from an older copy than raw'
  return [{ source, between: 'produced → raw', what: 'messages', left, right, cause }]
}

function rawAndDds({ source, raw, events }: SourceTotals): Difference[] {
  if (raw === null || events === null) return []
  const between = 'raw → dds'
  const found: Difference[] = []
  if (events.pending !== '0') {
    const right = sum(events.messages, events.duplicates, events.quarantined)
    const cause = `${events.pending} messages are landed and not loaded yet. The DAG that loads them runs soon, or is paused: terrace dags list`
    found.push({ source, between, what: 'messages', left: raw.messages, right, cause })
  }
  if (events.unaccounted !== '0') {
    const cause =
      'Messages of raw are in no place of dds, or in two. Run raw_to_dds with {"rebuild": true}'
    const right = sum(events.messages, events.duplicates, events.quarantined, events.pending)
    found.push({ source, between, what: 'accounting', left: raw.messages, right, cause })
  }
  return found
}

function producedAndDds({ source, produced, raw, events, orders }: SourceTotals): Difference[] {
  if (produced === null || raw === null || events === null) return []
  const isAlone = raw.messages === raw.from_files && raw.from_files === produced.messages
  if (!isAlone || events.pending !== '0') return []
  const refused = Number(events.quarantined)
  const known = Number(produced.bad) + Number(produced.conflicts)
  const cause =
    refused > known
      ? `${refused - known} messages that look good in their file were refused: terrace quarantine list`
      : 'An order was sent in several versions, of which the newest holds; or messages were replayed with mended bytes'
  const pairs: [string, string, string][] = [
    ['messages', produced.counted, events.messages],
    ['orders', produced.orders, orders?.orders ?? '0'],
    ['units', produced.units, orders?.units ?? '0'],
    ...money(produced.money, orders?.money ?? {}),
  ]
  return differing(pairs).map((pair) => ({ source, between: 'produced → dds', ...pair, cause }))
}

function ddsAndMarts({ source, orders, marts }: SourceTotals, totals: Totals): Difference[] {
  if (orders === null && marts === null) return []
  const cause =
    totals.staged > 0
      ? 'A load of dds is under way: look again when raw_to_dds has ended'
      : totals.unpublished > 0
        ? `${totals.unpublished} loads are not in the marts yet. dds_to_clickhouse takes them soon, or is paused, or its batch was set aside: terrace batches list`
        : 'The facts do not show what dds holds. Build them again: terrace dags trigger dds_to_clickhouse --conf \'{"rebuild": true}\''
  const pairs: [string, string, string][] = [
    ['orders', orders?.known ?? '0', marts?.orders ?? '0'],
    ['units', orders?.units ?? '0', marts?.units ?? '0'],
    ...money(orders?.lines ?? {}, marts?.lines ?? {}),
  ]
  return differing(pairs).map((pair) => ({ source, between: 'dds → marts', ...pair, cause }))
}

function money(left: Money, right: Money): [string, string, string][] {
  const currencies = [...new Set([...Object.keys(left), ...Object.keys(right)])].sort()
  return currencies.map((currency) => [currency, left[currency] ?? '0', right[currency] ?? '0'])
}

function differing(pairs: [string, string, string][]) {
  return pairs
    .filter(([, left, right]) => sum(left, `-${right}`.replace('--', '')) !== '0')
    .map(([what, left, right]) => ({ what, left, right }))
}

function sum(...numbers: string[]): string {
  const total = new ExactSum()
  for (const one of numbers) total.add(one)
  return total.toString()
}
