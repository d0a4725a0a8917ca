// What a new shop begins with, so that its marts have something to show at the first look: the last hours
// of its past, at once. The days before them follow piece by piece: produce-past.ts.

import { loadEnvironment } from '../../connections/environment.ts'
import { DEFAULT_SHOP, type Shop } from '../../generators/index.ts'
import { SkipTask, type TaskContext } from '../../orchestrator/sdk/index.ts'
import {
  daysBefore,
  intervalOf,
  type ProduceArgs,
  type ProducedBatch,
  send,
} from './produce-batch.ts'

/** Six hours. */
const DAYS_AT_ONCE = 0.25

/** The part of SHOP_HISTORY_DAYS that is sent at once. */
export function produceHistory(
  { topic }: ProduceArgs,
  context: TaskContext,
): Promise<ProducedBatch> {
  const { shop, atOnce } = pastOf(context)
  if (atOnce === null) throw new SkipTask('SHOP_HISTORY_DAYS is 0: the shop begins empty')
  return send(topic, shop, atOnce, context)
}

export interface Interval {
  start: Date
  end: Date
}

/**
 * The past that the environment asks for, before the run's interval: its last hours, and what is before
 * them. A shop of two weeks has grown: with all of its customers from the first day on it would be more than
 * two million events, which a small machine loads for half an hour.
 */
export function pastOf(context: TaskContext): {
  shop: Shop
  atOnce: Interval | null
  before: Interval | null
} {
  const days = loadEnvironment().SHOP_HISTORY_DAYS
  const { start: end } = intervalOf(context)
  const shop = { ...DEFAULT_SHOP, grownAt: end.getTime() }
  if (days === 0) return { shop, atOnce: null, before: null }
  const atOnce = daysBefore(end, Math.min(days, DAYS_AT_ONCE))
  const { start } = daysBefore(end, days)
  return { shop, atOnce, before: start < atOnce.start ? { start, end: atOnce.start } : null }
}
