// Lands messages in raw: COPY and the move of the offsets in one transaction, so that a crash at any
// point re-reads a batch and writes it once. What the lag says is where to end; where to begin is
// what the database says now, because an attempt before this one may have landed a part.

import { isUtf8 } from 'node:buffer'
import { copyFields } from '../../connections/copy-fields.ts'
import { type Field, int4, int8, jsonb, timestamptz } from '../../connections/copy-format.ts'
import type { LogBatch, LogMessage } from '../../connections/event-log/types.ts'
import { connections } from '../../connections/index.ts'
import { inTransaction, type Pool } from '../../connections/postgres.ts'
import { readAhead } from '../../connections/read-ahead.ts'
import { declaredTopic, partitionOf } from '../../connections/topics.ts'
import { raiseFence } from '../../connections/warehouse-fence.ts'
import { failpoint } from '../../orchestrator/sdk/failpoint.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import { lastMessage, requireSameTopic } from './last-message.ts'
import { LogChangedError } from './log-errors.ts'
import type { TopicLag } from './measure-lag.ts'
import { moveOffset, readOffsets } from './offsets.ts'

export interface ConsumeArgs {
  lag: TopicLag[]
  rowsPerTransaction?: number
}

/** Two transactions' worth are in memory: one that is landed, and the one that is read meanwhile. */
const BYTES_PER_TRANSACTION = 32 * 1024 * 1024

const COLUMNS = [
  'topic',
  'kafka_partition',
  'kafka_offset',
  'key',
  'headers',
  'value',
  'source',
  'received_at',
  'batch_id',
  'log_id',
] as const

export async function consumeAndSave(
  args: ConsumeArgs,
  context: TaskContext,
): Promise<{ countLanded: number }> {
  const { landing: warehouse, eventLog } = await connections()
  const rowsPerTransaction = args.rowsPerTransaction ?? 20_000
  let countLanded = 0
  for (const { topic, logId, partitions } of args.lag) {
    const currentLogId = await eventLog.logId()
    if (currentLogId !== logId) {
      throw new LogChangedError(
        `Topic "${topic}": its lag was measured on log ${logId}, but the event log is now ` +
          `${currentLogId}. Trigger ${declaredTopic(topic).landedBy} again.`,
      )
    }
    const landed = await readOffsets(warehouse, topic, logId)
    const waiting = partitions
      .map(({ partition, from, until }) => ({
        partition,
        from: landed.next.get(partition) ?? BigInt(from),
        until: BigInt(until),
      }))
      .filter(({ from, until }) => from < until)
    if (waiting.length === 0) continue
    await requireSameTopic(eventLog, topic, landed, context.signal)
    const reading = new AbortController()
    const batches = eventLog.read(topic, {
      from: new Map(waiting.map(({ partition, from }) => [partition, from])),
      until: new Map(waiting.map(({ partition, until }) => [partition, until])),
      maxMessagesPerBatch: Math.min(rowsPerTransaction, 10_000),
      signal: AbortSignal.any([context.signal, reading.signal]),
    })
    for await (const group of readAhead(groupBatches(batches, rowsPerTransaction))) {
      try {
        context.signal.throwIfAborted()
        countLanded += await land(warehouse, { topic, logId: landed.logId, group }, context)
      } catch (error) {
        reading.abort(error)
        throw error
      }
    }
    context.log.info(`Landed topic ${topic}`, { countLanded })
  }
  return { countLanded }
}

/** What one transaction lands: so many rows, or bytes where messages are large. */
async function* groupBatches(
  batches: AsyncIterable<LogBatch>,
  rows: number,
): AsyncGenerator<LogBatch[]> {
  let group: LogBatch[] = []
  let count = 0
  let bytes = 0
  for await (const batch of batches) {
    group.push(batch)
    count += batch.messages.length
    for (const { value } of batch.messages) bytes += value?.length ?? 0
    if (count < rows && bytes < BYTES_PER_TRANSACTION) continue
    yield group
    group = []
    count = 0
    bytes = 0
  }
  if (group.length > 0) yield group
}

async function land(
  warehouse: Pool,
  { topic, logId, group }: { topic: string; logId: string; group: LogBatch[] },
  context: TaskContext,
): Promise<number> {
  const count = group.reduce((sum, { messages }) => sum + messages.length, 0)
  await inTransaction(warehouse, async (client) => {
    await raiseFence(client, context.fence)
    const { rows } = await client.query<{ batch_id: string; landed_at: Date }>(
      `insert into raw.batch (log_id, topic, count_rows, landed_by)
       values ($1, $2, $3, $4)
       returning batch_id, landed_at`,
      [logId, topic, count, context.fence.taskInstanceId],
    )
    const batch = { id: rows[0]!.batch_id, landedAt: rows[0]!.landed_at, logId }
    await copyFields(client, partitionOf(topic), COLUMNS, rawRows(group, batch), context.signal)
    failpoint('kafka_to_raw.between_copy_and_commit')
    for (const { partition, fromOffset, nextOffset, messages } of group) {
      const newest = messages.at(-1)
      await moveOffset(client, {
        topic,
        partition,
        logId,
        from: fromOffset,
        to: nextOffset,
        ...(newest && { last: lastMessage(newest) }),
      })
    }
  })
  failpoint('kafka_to_raw.after_commit')
  return count
}

interface Landing {
  id: string
  /** By the clock of the database. */
  landedAt: Date
  logId: string
}

function* rawRows(group: LogBatch[], { id, landedAt, logId }: Landing): Generator<Field[]> {
  const batch = int8(BigInt(id))
  const log = Buffer.from(logId)
  for (const { topic, partition, messages } of group) {
    const place = [Buffer.from(topic), int4(partition)]
    for (const message of messages) {
      yield [
        ...place,
        int8(message.offset),
        message.key,
        jsonb(JSON.stringify(headersAsText(message))),
        message.value,
        Buffer.from(headerText(message.headers.source) ?? 'unknown'),
        // A producer's clock may be at any time: it must not decide what came from the future.
        timestamptz(message.timestampOf === 'log' ? message.timestamp : landedAt),
        batch,
        log,
      ]
    }
  }
}

function headersAsText({ headers }: LogMessage): Record<string, string | { base64: string }> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => isStorable(name))
      .map(([name, value]) => [name, headerText(value) ?? { base64: value.toString('base64') }]),
  )
}

/** null when the bytes are not text that Postgres can store. */
function headerText(value: Buffer | undefined): string | null {
  if (value === undefined || !isUtf8(value)) return null
  const text = value.toString()
  return isStorable(text) ? text : null
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}
