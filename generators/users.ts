// Users of the shop. A user is a pure function of seed and id, so that a returning user is the same
// person in every interval although nothing is remembered between intervals.

import { type Device, drawDevice } from './devices.ts'
import { CITIES, type City } from './offline/cities.ts'
import { createRandom, type Random } from './random.ts'
import type { Shop } from './shop.ts'
import { visitorsOf } from './visitors.ts'
import { pickWeighted } from './weighted.ts'

export interface UserProfile {
  user_id: string
  email: string
  name: string
  gender: string | null
  birth_date: string
  registered_at: string
  language: string
}

export interface Person {
  profile: UserProfile
  home: City
  device: Device
}

const FIRST_NAMES = ['Ada', 'Björn', 'Çiğdem', 'Deniz', 'Elif', 'Fyodor', 'Grace', 'Жанна', 'Åsa']
const LAST_NAMES = ['Yılmaz', 'Lindström', 'Moroz', 'Smith', 'Öztürk', 'Иванова', 'Berg', 'Kaya']
const LANGUAGES = ['tr', 'sv', 'ru', 'en'] as const
const MINUTE = 60_000
const DAY = 1_440 * MINUTE

/** Users that the shop had before its first event. */
export function founderId(index: number): string {
  return `user-${index + 1}`
}

/** The n-th user that signs up in the minute. */
export function signupId(minuteStart: number, n: number): string {
  return `user-${(minuteStart / MINUTE).toString(36)}-${n + 1}`
}

export function generateUser(seed: string, userId: string): UserProfile {
  return generatePerson(seed, userId).profile
}

/** The user with what the shop does not ask for: where they live and what they visit it with. */
export function generatePerson(seed: string, userId: string): Person {
  const random = createRandom(seed, 'user', userId)
  const first = random.pick(FIRST_NAMES)
  const last = random.pick(LAST_NAMES)
  const birth = Date.UTC(1945, 0, 1) + random.below(22_000) * DAY
  const founded = Date.UTC(2024, 0, 1) - random.below(500 * 1_440) * MINUTE
  const profile = {
    user_id: userId,
    email: `${userId}@shop.example`,
    name: `${first} ${last}`,
    gender: random.pick(['female', 'male', 'other', null]),
    birth_date: new Date(birth).toISOString().slice(0, 10),
    registered_at: new Date(signupMinute(userId) ?? founded).toISOString(),
    language: random.pick(LANGUAGES),
  }
  return { profile, home: pickWeighted(random, CITIES), device: drawDevice(random) }
}

/** When the id itself says when its user signed up. */
function signupMinute(userId: string): number | undefined {
  const minute = /^user-([0-9a-z]+)-\d+$/.exec(userId)?.[1]
  return minute === undefined ? undefined : Number.parseInt(minute, 36) * MINUTE
}

/** Somebody who was here before: most often of the last days, sometimes of the last weeks. */
export function pickReturningUser(random: Random, shop: Shop, minuteStart: number): string {
  for (let attempt = 0; attempt < 3 && random.chance(0.7); attempt++) {
    const minutesAgo = 1 + Math.floor(-Math.log(1 - random.next()) * 2 * 1_440)
    const minute = minuteStart - minutesAgo * MINUTE
    const { signups } = visitorsOf(shop, minute)
    if (signups > 0) return signupId(minute, random.below(signups))
  }
  return founderId(Math.floor(random.next() ** 2 * shop.founders))
}
