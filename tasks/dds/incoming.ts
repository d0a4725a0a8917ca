// A verdict as a row of the temporary table that sql/dds/load/stage_event.sql reads.

import { hash } from 'node:crypto'
import type { CopyValue } from '../../connections/copy-rows.ts'
import type { RejectionReason } from '../messages/rejection.ts'
import { type Verdict, validateMessage } from '../messages/validate-message.ts'
import type { PlacedMessage } from './raw-page.ts'
import type { PendingRange } from './watermarks.ts'

export const INCOMING_COLUMNS = [
  'log_id',
  'topic',
  'kafka_partition',
  'kafka_offset',
  'reason',
  'detail',
  'source',
  'event_id',
  'event_type',
  'schema_version',
  'occurred_at',
  'user_id',
  'session_id',
  'product_id',
  'category',
  'order_id',
  'campaign_id',
  'platform',
  'payload',
  'payload_hash',
] as const

export type IncomingRow = CopyValue[]

type Refusal = Extract<Verdict, { reason: RejectionReason }>

export function incomingRow(
  topic: string,
  range: Pick<PendingRange, 'logId' | 'partition'>,
  message: PlacedMessage,
): IncomingRow {
  const verdict = validateMessage(message)
  if ('reason' in verdict) return refusedRow(topic, range, message.offset, verdict)
  const { message: clean } = verdict
  return [
    range.logId,
    topic,
    range.partition,
    message.offset,
    null,
    null,
    clean.source,
    clean.eventId,
    clean.eventType,
    clean.schemaVersion,
    clean.occurredAt,
    clean.userId ?? null,
    clean.sessionId ?? null,
    clean.productId ?? null,
    clean.category ?? null,
    clean.orderId ?? null,
    clean.campaignId ?? null,
    clean.platform ?? null,
    clean.payload,
    hash('md5', clean.canonical),
  ]
}

export function refusedRow(
  topic: string,
  { logId, partition }: Pick<PendingRange, 'logId' | 'partition'>,
  offset: string,
  { reason, detail, eventId }: Refusal,
): IncomingRow {
  const nothing = Array<null>(12).fill(null)
  return [logId, topic, partition, offset, reason, detail, null, eventId, ...nothing]
}
