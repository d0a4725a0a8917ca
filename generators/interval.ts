// All messages of an interval, as a pure function of shop and interval: no state, no clock. Every
// minute is generated on its own, so an hour holds the same messages as its sixty minutes.

import { breakMessage } from './broken-messages.ts'
import { createCatalogue, type Product } from './catalogue.ts'
import { generateEvent, PLATFORMS, type ShopEvent } from './events.ts'
import { createRandom, type Random, seededUuid } from './random.ts'
import { countSignups, generateUser, pickReturningUser, signupId, signupMinute } from './users.ts'

export interface Shop {
  seed: string
  eventsPerMinute: number
  products: number
  /** Users from before the first event. */
  founders: number
  /** Mean; a fraction gives some minutes one more than others. */
  signupsPerMinute: number
  /** Share of events that are sent twice, byte for byte. */
  duplicateShare: number
  /** Share of events after which a broken message is sent. */
  brokenShare: number
}

export const DEFAULT_SHOP: Shop = {
  seed: 'terrace',
  eventsPerMinute: 120,
  products: 200,
  founders: 500,
  signupsPerMinute: 1.5,
  duplicateShare: 0.01,
  brokenShare: 0.01,
}

export interface GeneratedMessage {
  /** The user: messages of one user keep their order. */
  key: string
  value: Buffer | null
  headers: Record<string, string>
}

interface Draft {
  occurredAt: number
  userId: string
  event: ShopEvent
}

const MINUTE = 60_000

/** The messages of [start, end), minute by minute, each minute in the order in which it is sent. */
export function* generateInterval(
  shop: Shop,
  start: Date,
  end: Date,
): Generator<GeneratedMessage[]> {
  const catalogue = createCatalogue(shop.seed, shop.products)
  for (let at = start.getTime(); at < end.getTime(); at += MINUTE) {
    yield generateMinute(shop, catalogue, at, Math.min(at + MINUTE, end.getTime()))
  }
}

function generateMinute(
  shop: Shop,
  catalogue: readonly Product[],
  start: number,
  end: number,
): GeneratedMessage[] {
  const random = createRandom(shop.seed, 'minute', start)
  const count = Math.max(1, Math.round((shop.eventsPerMinute * (end - start)) / MINUTE))
  const drafts = draftEvents(shop, catalogue, random, { start, end, count })
  drafts.sort((a, b) => a.occurredAt - b.occurredAt)
  const messages: GeneratedMessage[] = []
  for (const [number, draft] of drafts.entries()) {
    const eventId = seededUuid(shop.seed, start, number)
    const envelope = generateEvent(eventId, draft.occurredAt, draft.event)
    const message = {
      key: draft.userId,
      value: Buffer.from(JSON.stringify(envelope)),
      headers: { source: 'terrace', event_id: eventId },
    }
    messages.push(message)
    if (random.chance(shop.duplicateShare)) messages.push(message)
    if (random.chance(shop.brokenShare)) {
      const brokenId = seededUuid(shop.seed, start, `broken ${number}`)
      const value = breakMessage(random, { ...envelope, event_id: brokenId })
      messages.push({ ...message, value, headers: { source: 'terrace', event_id: brokenId } })
    }
  }
  return messages
}

function draftEvents(
  shop: Shop,
  catalogue: readonly Product[],
  random: Random,
  slot: { start: number; end: number; count: number },
): Draft[] {
  const drafts: Draft[] = []
  const signups = countSignups(shop.seed, slot.start, shop.signupsPerMinute)
  for (let session = 0; drafts.length < slot.count; session++) {
    const isNew = session < signups
    const userId = isNew
      ? signupId(slot.start, session)
      : pickReturningUser(random, shop, slot.start)
    const at = slot.start + random.below(slot.end - slot.start)
    const registeredAt = isNew ? at : signupMinute(userId)
    const profile = generateUser(shop.seed, userId, registeredAt)
    if (isNew) drafts.push({ occurredAt: at, userId, event: { type: 'signup', payload: profile } })
    else if (random.chance(0.2)) {
      drafts.push({ occurredAt: at, userId, event: { type: 'user_profile', payload: profile } })
    }
    drafts.push(
      ...draftViews(catalogue, random, { userId, start: at, end: slot.end }, [
        shop.seed,
        slot.start,
        session,
      ]),
    )
  }
  return drafts.slice(0, slot.count)
}

function draftViews(
  catalogue: readonly Product[],
  random: Random,
  visit: { userId: string; start: number; end: number },
  sessionWords: (string | number)[],
): Draft[] {
  const sessionId = `session-${seededUuid('session', ...sessionWords).slice(0, 18)}`
  const platform = random.pick(PLATFORMS)
  return Array.from({ length: 1 + random.below(6) }, () => ({
    occurredAt: visit.start + random.below(visit.end - visit.start),
    userId: visit.userId,
    event: {
      type: 'view',
      payload: {
        session_id: sessionId,
        user_id: visit.userId,
        product: catalogue[Math.floor(random.next() ** 2 * catalogue.length)]!,
        quantity: 1,
        platform,
      },
    },
  }))
}
