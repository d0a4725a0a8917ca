// Sends the records of one file to a topic, batch by batch: a batch is acknowledged, then counted, then the
// next one is sent. So a sending that ends anywhere has counted what the log has, but for one batch that
// was in flight when the process was killed.

import { type EventLog, MessageTooLargeError } from '../../../connections/event-log/index.ts'
import { inTransaction, type Pool } from '../../../connections/postgres.ts'
import { readAhead } from '../../../connections/read-ahead.ts'
import { declaredTopic } from '../../../connections/topics.ts'
import type { FileRecord, Target } from '../reading/format.ts'
import { inBatches } from './in-batches.ts'
import { loadFileRows } from './load-file-rows.ts'
import { type Input, openInput } from './open-input.ts'
import type { Pace } from './pace.ts'
import {
  beginFile,
  countRecords,
  endFile,
  type FileTotals,
  noTotals,
  saveTotals,
  sentBefore,
} from './produced-files.ts'

const BATCH = { records: 2_000, bytes: 4 * 1024 * 1024, bytesOfOne: 256 * 1024, lingerMs: 200 }
/** How many batches a second go out at most where a rate is asked for. */
const BATCHES_A_SECOND = 10

export interface Sender {
  eventLog: EventLog
  /** Of the account that lands messages. */
  pool: Pool
  sentBy: string
}

export interface SendOptions {
  rate: number | null
  pace: Pace
  isStrict: boolean
  signal: AbortSignal
  onBad(record: FileRecord, isSent: boolean): void
  /** After each batch; `share` of the file that was read, null where its size is unknown. */
  onProgress(countSent: number, share: number | null): void
}

export interface ProducedFile {
  name: string
  formatName: string
  source: string
  target: Target
  /** The format's, with what the call says of it. */
  read(bytes: AsyncIterable<Buffer>): AsyncIterable<FileRecord>
}

export interface SentFile {
  fileId: string
  totals: FileTotals
  /** Line on which the last record begins that was sent; 0: none was. */
  lastLine: number
  /** Why the file was not sent to its end; null when it was. */
  stop: { why: 'strict' | 'signal' } | { why: 'failure'; error: unknown } | null
  sentBefore: { file_id: string; file_name: string; ended_at: Date } | null
}

export async function produceFile(
  sender: Sender,
  file: ProducedFile,
  options: SendOptions,
): Promise<SentFile> {
  const { pool, sentBy } = sender
  const { name, formatName, source, target } = file
  const to = 'topic' in target ? target.topic : target.table
  const fileId = await beginFile(pool, { source, format: formatName, target: to, name, sentBy })
  const sent: SentFile = { fileId, totals: noTotals(), lastLine: 0, stop: null, sentBefore: null }
  const input = openInput(name)
  const records = file.read(input.bytes)
  try {
    if ('topic' in target) {
      await sendToTopic(sender, { topic: target.topic, source, input, records, sent }, options)
    } else {
      const { signal, isStrict, onBad } = options
      await loadFileRows(
        pool,
        { formatName, source, input, records, sent },
        { signal, isStrict, onBad },
      )
    }
  } catch (error) {
    sent.stop = options.signal.aborted ? { why: 'signal' } : { why: 'failure', error }
  } finally {
    input.close()
  }
  // A failure of the database is told as the one that came first.
  const isSaved = endFile(pool, fileId, sent.stop === null ? input.hash() : null)
  if (sent.stop?.why === 'failure') await isSaved.catch(() => {})
  else await isSaved
  if (sent.stop === null) sent.sentBefore = await sentBefore(pool, fileId)
  return sent
}

interface Sending {
  topic: string
  source: string
  input: Input
  records: AsyncIterable<FileRecord>
  sent: SentFile
}

async function sendToTopic(
  { eventLog, pool }: Sender,
  { topic, source, input, records, sent }: Sending,
  options: SendOptions,
): Promise<void> {
  await eventLog.ensureTopics([declaredTopic(topic)])
  const { rate, pace, isStrict, signal, onBad, onProgress } = options
  const size = rate === null ? BATCH.records : Math.ceil(rate / BATCHES_A_SECOND)
  const limits = { ...BATCH, records: Math.min(BATCH.records, size) }
  const send = async (batch: FileRecord[]) => {
    if (batch.length === 0) return
    await pace.wait(batch.length, signal)
    const isTaken = await append(eventLog, { topic, source, fileId: sent.fileId }, batch)
    if (!isTaken) sent.totals.unsent += batch.length
    await inTransaction(pool, async (client) => {
      if (isTaken) await countRecords(client, source, batch, sent.totals)
      await saveTotals(client, sent.fileId, sent.totals)
    })
    for (const record of batch) {
      if (!isTaken) onBad({ ...record, problem: TOO_LARGE }, false)
      else if (record.problem !== null) onBad(record, true)
    }
    sent.lastLine = batch.at(-1)!.line
    onProgress(sent.totals.sent, input.size && input.countRead() / input.size)
  }
  for await (const batch of until(readAhead(inBatches(records, limits)), signal)) {
    const firstBad = batch.findIndex(({ problem }) => problem !== null)
    if (isStrict && firstBad >= 0) {
      await send(batch.slice(0, firstBad))
      onBad(batch[firstBad]!, false)
      sent.stop = { why: 'strict' }
      return
    }
    const [sendable, unkept] = [batch.filter(hasBytes), batch.filter((one) => !hasBytes(one))]
    sent.totals.unsent += unkept.length
    for (const record of unkept) onBad(record, false)
    await send(sendable)
    if (sendable.length === 0) await saveTotals(pool, sent.fileId, sent.totals)
  }
}

const TOO_LARGE = 'the log refuses a message of this size'
const hasBytes = ({ value }: FileRecord) => value !== null

/** Whether the log took the batch. One that it finds too large is a record alone. */
async function append(
  eventLog: EventLog,
  { topic, source, fileId }: { topic: string; source: string; fileId: string },
  batch: readonly FileRecord[],
): Promise<boolean> {
  const messages = batch.map(({ key, value, eventId }) => ({
    key,
    value,
    headers: { source, produced_file: fileId, ...(eventId !== null && { event_id: eventId }) },
  }))
  try {
    await eventLog.append(topic, messages)
    return true
  } catch (error) {
    if (batch.length === 1 && error instanceof MessageTooLargeError) return false
    throw error
  }
}

/** Ends with the signal's reason, also while the next batch is only waited for. */
async function* until<T>(batches: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const reader = batches[Symbol.asyncIterator]()
  for (;;) {
    signal.throwIfAborted()
    const next = await unlessAborted(reader.next(), signal)
    if (next.done === true) return
    yield next.value
  }
}

/** A race with one promise for all batches would keep each of them in memory until the end. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    const settled = () => signal.removeEventListener('abort', onAbort)
    work.finally(settled).then(resolve, reject)
  })
}
