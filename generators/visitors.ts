// How many come to the shop in a minute, and how many of them are new. Any minute can be asked, so
// that a later one finds the users who signed up in it.

import { createRandom, type Random } from './random.ts'
import type { Shop } from './shop.ts'

/** Measured over weeks at the default shares, with all that a session entails; a test holds it. */
const MESSAGES_PER_SESSION = 10.75
const DAY = 86_400_000
/** A shop that grows doubles in so many days. */
const DOUBLES_IN = 2 * DAY
const HOUR = 3_600_000
/** The night's lowest hour, UTC. */
const QUIETEST_HOUR = 3
const SUNDAY = 0
const SATURDAY = 6

export function visitorsOf(shop: Shop, minuteStart: number): { sessions: number; signups: number } {
  const random = createRandom(shop.seed, 'visitors', minuteStart)
  const sessions = around(
    random,
    (volumeAt(shop, minuteStart) * rush(minuteStart)) / MESSAGES_PER_SESSION,
  )
  return { sessions, signups: around(random, sessions * shop.signupShare) }
}

/** Messages a minute, as a mean over a week. */
export function volumeAt({ eventsPerMinute, grownAt = 0 }: Shop, minuteStart: number): number {
  const before = grownAt - DAY - minuteStart
  return before <= 0 ? eventsPerMinute : eventsPerMinute * 2 ** (-before / DOUBLES_IN)
}

/** The mean of whole numbers that are one below or one above a fraction. */
function around(random: Random, mean: number): number {
  const whole = Math.floor(mean)
  return whole + (random.chance(mean - whole) ? 1 : 0)
}

/** 1 over a week; more by day and at the weekend. */
function rush(at: number): number {
  const hour = (at % DAY) / HOUR
  const ofDay = 1 - 0.5 * Math.cos(((hour - QUIETEST_HOUR) / 24) * 2 * Math.PI)
  const weekday = new Date(at).getUTCDay()
  return ofDay * (weekday === SATURDAY || weekday === SUNDAY ? 1.15 : 0.94)
}
