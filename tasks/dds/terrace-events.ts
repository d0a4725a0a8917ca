// The adapter of source `terrace` (003): from its envelope to the event that dds loads. A new kind
// of event is a new line of `KINDS`.

import type { CleanEvent, EventKind } from './clean-event.ts'
import { Fields } from './fields.ts'
import { quoted, Rejection } from './rejection.ts'
import { oldestOf } from './sources.ts'
import { canonicalJson, canonicalObject, type StrictObject } from './strict-json.ts'
import { readProductEvent, readSession } from './terrace/behaviour.ts'
import { readCampaignEvent } from './terrace/campaigns.ts'
import { readOrder, readOrderItem, readOrderStatus } from './terrace/orders.ts'
import { readDevice, readLocation, readProfile } from './terrace/users.ts'

const SOURCE = 'terrace'
const OLDEST = oldestOf(SOURCE)
const SCHEMA_VERSIONS = [1]

const KINDS = new Map<string, EventKind>([
  ['signup', readProfile],
  ['user_profile', readProfile],
  ['user_device', readDevice],
  ['user_location', readLocation],
  ['session_start', readSession],
  ['session_end', readSession],
  ['view', readProductEvent],
  ['cart', readProductEvent],
  ['purchase', readProductEvent],
  ['campaign_event', readCampaignEvent],
  ['order', readOrder],
  ['order_item', readOrderItem],
  ['order_status', readOrderStatus],
])

/** @throws Rejection */
export function readTerraceEvent(envelope: StrictObject, latest: Date): CleanEvent {
  const fields = new Fields(envelope, { oldest: OLDEST, latest })
  const source = fields.text('source')
  if (source !== SOURCE) {
    throw new Rejection('unknown_source', `source: found ${quoted(source)}, allowed is ${SOURCE}.`)
  }
  const eventId = fields.id('event_id')
  const eventType = fields.text('type')
  const kind = KINDS.get(eventType)
  if (kind === undefined) {
    const known = [...KINDS.keys()].join(', ')
    throw new Rejection('unknown_type', `type: found ${quoted(eventType)}, allowed are ${known}.`)
  }
  const schemaVersion = fields.integer('schema_version')
  if (!SCHEMA_VERSIONS.includes(schemaVersion)) {
    const known = SCHEMA_VERSIONS.join(', ')
    throw new Rejection(
      'unknown_schema_version',
      `schema_version: found ${schemaVersion}, allowed are ${known}.`,
    )
  }
  const occurredAt = fields.time('occurred_at')
  const payload = fields.object('payload')
  const keys = kind(payload)
  const json = payload.json
  return {
    source,
    eventId,
    eventType,
    schemaVersion,
    occurredAt,
    ...keys,
    payload: json,
    canonical: canonicalObject(envelope, (member, key) =>
      key === 'payload' ? json : canonicalJson(member),
    ),
  }
}
