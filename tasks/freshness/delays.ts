// Which sources are late or silent, and what to say of them.

import type { SourceRow } from '../../connections/source-rules.ts'
import { declaredTopics } from '../../connections/topics.ts'

/** Where messages wait: in the log, landed, staged, or finished in dds and not in the marts. */
export type WaitingLayer = 'log' | 'raw' | 'staged' | 'dds'

export interface Waiting {
  source: string
  topic: string
  layer: WaitingLayer
  since: Date
}

export interface Delay {
  source: string
  /** `late`: what came is not in the marts in time. `silent`: nothing new came for too long. */
  problem: 'late' | 'silent'
  detail: string
}

/** For sources that say nothing of it: what came is in the marts by then. */
const DEFAULT_FRESHNESS = '1h'
const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 }

const WHERE: Record<WaitingLayer, string> = {
  log: 'in the log, and is not landed',
  raw: 'in raw, and is not validated',
  staged: 'in a load of dds that is not finished',
  dds: 'in dds, and is not in the marts',
}

export function delaysOf(
  rules: readonly Pick<SourceRow, 'source' | 'freshness'>[],
  {
    waiting,
    newest,
    now,
  }: {
    waiting: readonly Waiting[]
    /** When each source with a freshness last brought something new; else when the warehouse was made. */
    newest: ReadonlyMap<string, Date>
    now: Date
  },
): Delay[] {
  const targets = new Map(rules.map(({ source, freshness }) => [source, freshness]))
  const delays = new Map<string, Delay & { since: Date }>()
  for (const one of waiting) {
    const target = targets.get(one.source) ?? DEFAULT_FRESHNESS
    const known = delays.get(one.source)
    if (!isOver(one.since, target, now) || (known && known.since <= one.since)) continue
    delays.set(one.source, {
      source: one.source,
      problem: 'late',
      detail: lateText(one, target),
      since: one.since,
    })
  }
  for (const { source, freshness } of rules) {
    const since = newest.get(source)
    if (freshness === null || since === undefined || delays.has(source)) continue
    if (!isOver(since, freshness, now)) continue
    delays.set(source, {
      source,
      problem: 'silent',
      detail: silentText(source, freshness, since),
      since,
    })
  }
  return [...delays.values()].map(({ since: _, ...delay }) => delay)
}

function isOver(since: Date, target: string, now: Date): boolean {
  const [, count, unit] = target.match(/^(\d+)([mhd])$/)!
  return now.getTime() - since.getTime() > Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS]
}

function lateText({ source, topic, layer, since }: Waiting, target: string): string {
  const dag = dagBehind(layer, topic)
  return (
    `Source "${source}" is late: a message of topic ${topic} has waited since ${since.toISOString()} ${WHERE[layer]}. ` +
    `It should be in the marts within ${target} (freshness in seeds/sources.json). ${dag} takes it on: see ` +
    `whether it is paused or fails: terrace dags list-runs ${dag}; terrace dags unpause ${dag}`
  )
}

function silentText(source: string, freshness: string, since: Date): string {
  return (
    `Source "${source}" is silent: nothing new came since ${since.toISOString()}, and something should ` +
    `come every ${freshness} (freshness in seeds/sources.json). See whether its sender runs; if it may be ` +
    'silent for longer, raise freshness or set it to null.'
  )
}

function dagBehind(layer: WaitingLayer, topic: string): string {
  if (layer === 'dds') return 'dds_to_clickhouse'
  const declared = declaredTopics().find((one) => one.topic === topic)
  return (layer === 'log' ? declared?.landedBy : declared?.loadedBy) ?? 'raw_to_dds'
}
