// Sends the shop's messages of the run's data interval. The same interval gives the same messages,
// so a repeated run sends duplicates that raw → dds counts, never new events.

import { connections } from '../../connections/index.ts'
import { DEFAULT_SHOP, generateInterval, type Shop } from '../../generators/index.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'

export interface ProduceArgs {
  topic: string
  partitions?: number
  shop?: Partial<Shop>
}

const MINUTE = 60_000

export async function produceBatch(
  args: ProduceArgs,
  context: TaskContext,
): Promise<{ countSent: number; from: string; until: string }> {
  const { eventLog } = await connections()
  const shop = { ...DEFAULT_SHOP, ...args.shop }
  const { start, end } = intervalOf(context)
  await eventLog.ensureTopics([{ topic: args.topic, partitions: args.partitions ?? 3 }])
  let countSent = 0
  for (const messages of generateInterval(shop, start, end)) {
    context.signal.throwIfAborted()
    await eventLog.append(args.topic, messages)
    countSent += messages.length
  }
  const sent = { countSent, from: start.toISOString(), until: end.toISOString() }
  context.log.info(`Sent ${countSent} messages to ${args.topic}`, sent)
  return sent
}

/** A run without an interval sends the last whole minute, which a scheduled run sends as well. */
function intervalOf(context: TaskContext): { start: Date; end: Date } {
  const { dataIntervalStart: start, dataIntervalEnd: end, runAfter } = context
  if (start !== null && end !== null && start < end) return { start, end }
  const minute = Math.floor(runAfter.getTime() / MINUTE) * MINUTE
  return { start: new Date(minute - MINUTE), end: new Date(minute) }
}
