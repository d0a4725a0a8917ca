// Sends the shop's messages of the run's data interval, or those of some days of history before it.
// The same interval gives the same messages, so a repeated run sends duplicates that raw → dds
// counts, never new events. Memory stays flat however long the interval is.

import { connections } from '../../connections/index.ts'
import { declaredTopic } from '../../connections/topics.ts'
import {
  DEFAULT_SHOP,
  type GeneratedMessage,
  generateInterval,
  type Shop,
} from '../../generators/index.ts'
import { counted } from '../../orchestrator/counted.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import { readGeneratorConf } from './generator-conf.ts'

export interface ProduceArgs {
  topic: string
}

export interface ProducedBatch {
  countSent: number
  from: string
  until: string
}

const MINUTE = 60_000
const DAY = 1_440 * MINUTE
/** An append is a transaction: minutes are sent together until they are worth one. */
export const MESSAGES_PER_APPEND = 5_000
/** How often a long interval says where it is. */
const REPORTS = 20

/** The run's minute, or the days of history before it that the run's conf asks for. */
export function produceBatch(args: ProduceArgs, context: TaskContext): Promise<ProducedBatch> {
  const { days, shop } = readGeneratorConf(context.conf)
  const interval = intervalOf(context)
  const asked = days === null ? interval : daysBefore(interval.start, days)
  return send(args.topic, { ...DEFAULT_SHOP, ...shop }, asked, context)
}

export async function send(
  topic: string,
  shop: Shop,
  { start, end }: { start: Date; end: Date },
  context: TaskContext,
): Promise<ProducedBatch> {
  const { eventLog } = await connections()
  await eventLog.ensureTopics([declaredTopic(topic)])
  const progress = startProgress(context, Math.ceil((end.getTime() - start.getTime()) / MINUTE))
  let countSent = 0
  let waiting: GeneratedMessage[] = []
  const append = async () => {
    context.signal.throwIfAborted()
    if (waiting.length > 0) await eventLog.append(topic, waiting)
    countSent += waiting.length
    waiting = []
  }
  let minutes = 0
  for (const messages of generateInterval(shop, start, end)) {
    minutes += 1
    waiting.push(...messages)
    if (waiting.length < MESSAGES_PER_APPEND) continue
    await append()
    progress(minutes, countSent)
  }
  await append()
  const sent = { countSent, from: start.toISOString(), until: end.toISOString() }
  context.log.info(`Sent ${counted(countSent, 'message')} to ${topic}`, { ...sent })
  return sent
}

/** Logs the share that is done and the rate, at most twenty times. */
function startProgress(
  { log }: TaskContext,
  minutes: number,
): (done: number, countSent: number) => void {
  const startedAt = performance.now()
  let reported = 0
  return (done, countSent) => {
    const step = Math.floor((done / minutes) * REPORTS)
    if (step === reported) return
    reported = step
    const perSecond = Math.round(countSent / ((performance.now() - startedAt) / 1_000))
    const percent = Math.floor((done / minutes) * 100)
    log.info(`${percent} % done: ${counted(countSent, 'message')}, ${perSecond} a second`, {
      percent,
      countSent,
      perSecond,
    })
  }
}

export function daysBefore(end: Date, days: number): { start: Date; end: Date } {
  return { start: new Date(end.getTime() - Math.round((days * DAY) / MINUTE) * MINUTE), end }
}

/** A run without an interval sends the last whole minute, which a scheduled run sends as well. */
export function intervalOf(context: TaskContext): { start: Date; end: Date } {
  const { dataIntervalStart: start, dataIntervalEnd: end, runAfter } = context
  if (start !== null && end !== null && start < end) return { start, end }
  const minute = Math.floor(runAfter.getTime() / MINUTE) * MINUTE
  return { start: new Date(minute - MINUTE), end: new Date(minute) }
}
