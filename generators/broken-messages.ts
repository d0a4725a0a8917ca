// Messages as broken producers send them, so that quarantine has something to show. Each kind is
// refused by one rule of tasks/dds; none may stop its partition.

import type { Envelope } from './events.ts'
import type { Random } from './random.ts'

type Break = (envelope: Envelope) => string | null

const json = (envelope: Envelope, change: Record<string, unknown>) =>
  JSON.stringify({ ...envelope, ...change })

const BREAKS: readonly Break[] = [
  (envelope) => JSON.stringify(envelope).slice(0, -7),
  () => '<html><body>502 Bad Gateway</body></html>',
  () => null,
  (envelope) => json(envelope, { event_id: '' }),
  (envelope) => json(envelope, { occurred_at: 'yesterday' }),
  (envelope) => json(envelope, { type: 'teleport' }),
  (envelope) => json(envelope, { schema_version: 99 }),
  (envelope) =>
    json(envelope, {
      payload: { ...envelope.payload, user_id: `${envelope.payload.user_id}\u200b` },
    }),
  (envelope) => JSON.stringify(envelope).replace('"type":', '"type":"signup","type":'),
]

/** The bytes of the event, broken in one way; null is a tombstone. */
export function breakMessage(random: Random, envelope: Envelope): Buffer | null {
  const text = random.pick(BREAKS)(envelope)
  return text === null ? null : Buffer.from(text)
}
