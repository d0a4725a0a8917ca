// The past of a new shop before its first hours, in the background: piece by piece, each only when all that
// was sent before it is in the marts, and not around the full minute, when the shop's own minute is sent. So
// a minute waits for nothing but, at worst, the end of one small piece.
//
// How far it is stands in Postgres. A piece whose end was not noted is sent again and counted as duplicates.

import { setTimeout as sleep } from 'node:timers/promises'
import { connections } from '../../connections/index.ts'
import { inTransaction } from '../../connections/postgres.ts'
import { declaredTopic } from '../../connections/topics.ts'
import { raiseFence } from '../../connections/warehouse-fence.ts'
import { type GeneratedMessage, generateInterval } from '../../generators/index.ts'
import { SkipTask, type TaskContext } from '../../orchestrator/sdk/index.ts'
import { isAllInMarts } from './all-in-marts.ts'
import { MESSAGES_PER_APPEND, type ProduceArgs } from './produce-batch.ts'
import { type Interval, pastOf } from './produce-history.ts'

export interface PastArgs extends ProduceArgs {
  /** A batch of up to 20,000 events loads what it changes, and no whole days. */
  messagesPerPiece?: number
}

export interface ProducedPast {
  countSent: number
  from: string
  until: string
}

const MINUTE = 60_000
/** Of each minute, in which a piece may begin: it is in the marts before the next minute is sent. */
const [FIRST_SECOND, LAST_SECOND] = [3, 45]
const LOOK_EVERY_MS = 500
const SAY_EVERY_MS = MINUTE

export function producePast(args: PastArgs, context: TaskContext): Promise<ProducedPast> {
  return sendPast(args, context, () => new Date())
}

/** @param now tells the second of the minute */
export async function sendPast(
  { topic, messagesPerPiece = 15_000 }: PastArgs,
  context: TaskContext,
  now: () => Date,
): Promise<ProducedPast> {
  const { shop, before } = pastOf(context)
  if (before === null) {
    throw new SkipTask('SHOP_HISTORY_DAYS asks for nothing before the first hours')
  }
  const { eventLog } = await connections()
  await eventLog.ensureTopics([declaredTopic(topic)])
  const reached = await readReached(context, topic, before)
  let { countSent } = reached
  let until = reached.until
  let waiting: GeneratedMessage[] = []
  const sendPiece = async () => {
    await waitForTurn(topic, context, now)
    for (let at = 0; at < waiting.length; at += MESSAGES_PER_APPEND) {
      context.signal.throwIfAborted()
      await eventLog.append(topic, waiting.slice(at, at + MESSAGES_PER_APPEND))
    }
    countSent += waiting.length
    waiting = []
    await noteReached(context, topic, until, countSent)
    const percent = Math.floor(((+until - +before.start) / (+before.end - +before.start)) * 100)
    context.log.info(`${percent} % done: ${countSent} messages, up to ${until.toISOString()}`, {
      percent,
      countSent,
    })
  }
  for (const messages of generateInterval(shop, until, before.end)) {
    waiting.push(...messages)
    until = new Date(until.getTime() + MINUTE)
    if (waiting.length >= messagesPerPiece) await sendPiece()
  }
  if (until > reached.until && waiting.length > 0) await sendPiece()
  return { countSent, from: before.start.toISOString(), until: before.end.toISOString() }
}

/** Resolves when a piece harms no minute. */
async function waitForTurn(
  topic: string,
  { signal, log }: TaskContext,
  now: () => Date,
): Promise<void> {
  let saidAt = performance.now()
  for (;;) {
    signal.throwIfAborted()
    const second = now().getUTCSeconds()
    const isFree = second >= FIRST_SECOND && second < LAST_SECOND
    if (isFree && (await isAllInMarts(topic))) return
    if (performance.now() - saidAt > SAY_EVERY_MS) {
      log.info('Waits until all that was sent before is in the marts')
      saidAt = performance.now()
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal })
  }
}

async function readReached(
  { runId }: TaskContext,
  topic: string,
  { start }: Interval,
): Promise<{ until: Date; countSent: number }> {
  const { warehouse } = await connections()
  const { rows } = await warehouse.query<{ sent_until: Date; count_sent: string }>(
    'select sent_until, count_sent from warehouse.past_sent where run_id = $1 and topic = $2',
    [runId, topic],
  )
  const found = rows[0]
  if (found === undefined) return { until: start, countSent: 0 }
  return { until: new Date(found.sent_until), countSent: Number(found.count_sent) }
}

async function noteReached(
  context: TaskContext,
  topic: string,
  until: Date,
  countSent: number,
): Promise<void> {
  const { warehouse } = await connections()
  await inTransaction(warehouse, async (client) => {
    await raiseFence(client, context.fence)
    await client.query(
      `insert into warehouse.past_sent (run_id, topic, sent_until, count_sent)
       values ($1, $2, $3, $4)
       on conflict (run_id, topic) do update
       set sent_until = excluded.sent_until, count_sent = excluded.count_sent, moved_at = now()`,
      [context.runId, topic, until, countSent],
    )
  })
}
