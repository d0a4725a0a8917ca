// From what happens in the shop to what its producers send: mostly at once, sometimes late, twice,
// broken, or under an id that was used before.

import { type Flaw, pickFlaw } from './broken-messages.ts'
import { generateEvent, type TimedEvent } from './events.ts'
import { numberedUuid, type Random } from './random.ts'
import type { Shop } from './shop.ts'

export interface GeneratedMessage {
  /** The user: messages of one user keep their order. The campaign, where nobody is known. */
  key: string
  value: Buffer | null
  headers: Record<string, string>
  /** Why nobody should take it into account; the reason under which it is refused. */
  flaw: string | null
}

/** A message that is due; its bytes are made when it is sent. */
export interface Sending {
  sentAt: number
  eventId: string
  timed: TimedEvent
  broken?: Flaw
  isConflict?: boolean
}

const MINUTE = 60_000
const DAY = 1_440 * MINUTE
/** Lateness is one of a few lengths, so that a minute has few earlier ones to look into. */
export const LATENESS = [10, 180, 1_440, 2_880].map((minutes) => minutes * MINUTE)
/** A repetition comes at once, or when its producer has waited long enough. */
const RETRY = 10 * MINUTE
/** Numbers of broken messages, which have ids of their own. */
const BROKEN = 0x100000

/** What is sent because of the events of one session, of which `hex` is the name. */
export function drawSendings(
  random: Random,
  shop: Shop,
  { hex, startedAt, events }: { hex: string; startedAt: number; events: readonly TimedEvent[] },
): Sending[] {
  const sendings: Sending[] = []
  for (const [n, timed] of events.entries()) {
    const eventId = numberedUuid(hex, n)
    // What happens the next day is not late as well: that would be a length of its own.
    const isNextDay = timed.at - startedAt >= DAY
    const delay = !isNextDay && random.chance(shop.lateShare) ? random.pick(LATENESS) : 0
    const sentAt = timed.at + delay
    sendings.push({ sentAt, eventId, timed })
    if (random.chance(shop.duplicateShare)) {
      sendings.push({ sentAt: sentAt + random.pick([0, RETRY]), eventId, timed })
    }
    if (random.chance(shop.conflictShare)) {
      sendings.push({ sentAt, eventId, timed, isConflict: true })
    }
    if (random.chance(shop.brokenShare)) {
      const broken = pickFlaw(random, timed.event.type)
      sendings.push({ sentAt, eventId: numberedUuid(hex, BROKEN + n), timed, broken })
    }
  }
  return sendings
}

export function writeMessage({ eventId, timed, broken, isConflict }: Sending): GeneratedMessage {
  const envelope = generateEvent(eventId, timed.at, timed.event)
  if (isConflict) Object.assign(envelope, { payload: { ...envelope.payload, edited: true } })
  const value = broken === undefined ? JSON.stringify(envelope) : broken.break(envelope)
  return {
    key: timed.key,
    value: typeof value === 'string' ? Buffer.from(value) : value,
    headers: { source: 'terrace', event_id: eventId },
    flaw: broken?.reason ?? (isConflict ? 'event_id_conflict' : (timed.flaw ?? null)),
  }
}
