import { describe, expect, it } from 'vitest'
import {
  DEFAULT_SHOP,
  type GeneratedMessage,
  generateInterval,
  type Shop,
} from '../../generators/index.ts'

const MINUTE = 60_000
const DAY = 1_440 * MINUTE
const START = Date.UTC(2026, 0, 1)
const minute = (n: number) => new Date(START + n * MINUTE)
const SMALL: Shop = { ...DEFAULT_SHOP, eventsPerMinute: 40 }

const messagesOf = (shop: Shop, from: number, until: number) =>
  [...generateInterval(shop, minute(from), minute(until))].flat()
const bytesOf = (messages: readonly GeneratedMessage[]) => JSON.stringify(messages)

describe('An interval of the generator', () => {
  it('has the same bytes for the same seed and interval, and others for others', () => {
    const bytes = (seed: string, n: number) => bytesOf(messagesOf({ ...SMALL, seed }, n, n + 1))
    expect(bytes('a', 0)).toBe(bytes('a', 0))
    expect(bytes('a', 0)).not.toBe(bytes('b', 0))
    expect(bytes('a', 0)).not.toBe(bytes('a', 1))
  })

  it('holds the messages of its minutes, however it is split', () => {
    const whole = bytesOf(messagesOf(SMALL, 0, 240))
    const parts = [0, 1, 2, 60, 61, 200, 240]
    const split = parts.slice(1).flatMap((until, n) => messagesOf(SMALL, parts[n]!, until))
    expect(bytesOf(split)).toBe(whole)
    const seconds = [0, 0.25, 0.9, 1].map((part) => START + part * MINUTE)
    const ofMinute = seconds
      .slice(1)
      .flatMap((until, n) => [...generateInterval(SMALL, new Date(seconds[n]!), new Date(until))])
      .flat()
    expect(bytesOf(ofMinute)).toBe(bytesOf(messagesOf(SMALL, 0, 1)))
  })

  it('loses nothing that is late or comes the next day: minutes of a shop where all is', () => {
    const late: Shop = { ...SMALL, eventsPerMinute: 8, lateShare: 0.9, nextDayShare: 0.9 }
    // The whole begins three days earlier, so it made every plan itself.
    const whole = [...generateInterval(late, minute(-3 * 1_440 - 200), minute(3))].slice(-3)
    const minutes = [0, 1, 2].map((n) => messagesOf(late, n, n + 1))
    expect(minutes.flat().length).toBeGreaterThan(5)
    expect(JSON.stringify(minutes)).toBe(JSON.stringify(whole))
  })

  it('is sent in order of time, and nothing before it occurred', () => {
    let countLate = 0
    for (const [n, messages] of [...generateInterval(SMALL, minute(0), minute(120))].entries()) {
      for (const { value, flaw } of messages) {
        if (flaw !== null) continue
        const occurredAt = Date.parse(JSON.parse(String(value)).occurred_at)
        expect(occurredAt).toBeLessThan(minute(n + 1).getTime())
        if (occurredAt < minute(n).getTime()) countLate += 1
      }
    }
    expect(countLate).toBeGreaterThan(0)
  })

  it('has about as many messages as asked for in a week, more by day than by night', () => {
    const shop = { ...DEFAULT_SHOP, eventsPerMinute: 12 }
    const hours = Array.from({ length: 24 }, () => 0)
    let count = 0
    for (const [n, messages] of [...generateInterval(shop, minute(0), minute(10_080))].entries()) {
      count += messages.length
      hours[Math.floor(n / 60) % 24]! += messages.length
    }
    expect(count / 10_080 / shop.eventsPerMinute).toBeGreaterThan(0.95)
    expect(count / 10_080 / shop.eventsPerMinute).toBeLessThan(1.05)
    expect(hours[15]!).toBeGreaterThan(2 * hours[3]!)
  })

  it('sends the events of a user to one partition, and names source and id in the headers', () => {
    for (const { key, value, headers, flaw } of messagesOf(SMALL, 0, 60)) {
      expect(headers.source).toBe('terrace')
      if (flaw !== null) continue
      const { event_id, payload } = JSON.parse(String(value))
      expect(headers.event_id).toBe(event_id)
      if (payload.user_id !== undefined) expect(key).toBe(payload.user_id ?? payload.campaign_id)
    }
  })
})

describe('Messages that are late, sent twice or broken', () => {
  const from = 3 * 1_440
  const shop: Shop = { ...SMALL, conflictShare: 0.01, nextDayShare: 0 }
  const messages = messagesOf(shop, from, from + 600)
  const sound = messages.filter(({ flaw }) => flaw === null)

  /** Six standard deviations of a drawn share. */
  function expectShare(found: number, of: number, share: number) {
    const tolerance = 6 * Math.sqrt((share * (1 - share)) / of)
    expect(Math.abs(found / of - share)).toBeLessThan(tolerance)
  }

  it('come in the declared shares', () => {
    const texts = sound.map(({ value }) => String(value))
    const once = new Set(texts)
    expectShare(texts.length - once.size, once.size, shop.duplicateShare)
    const flaws = (is: (flaw: string) => boolean) =>
      messages.filter(({ flaw }) => flaw !== null && is(flaw)).length
    expectShare(
      flaws((flaw) => flaw === 'event_id_conflict'),
      once.size,
      shop.conflictShare,
    )
    expectShare(
      flaws((flaw) => flaw !== 'event_id_conflict' && flaw !== 'status_after_closed'),
      once.size,
      shop.brokenShare,
    )
  })

  it('are minutes, hours, a day or two days late, in the declared share', () => {
    const delays = new Map<number, number>()
    let count = 0
    const unrepeated = { ...shop, duplicateShare: 0 }
    const minutes = generateInterval(unrepeated, minute(from), minute(from + 600))
    for (const [n, sent] of [...minutes].entries()) {
      for (const { value, flaw } of sent) {
        if (flaw !== null) continue
        count += 1
        const occurredAt = Date.parse(JSON.parse(String(value)).occurred_at)
        const late = from + n - Math.floor((occurredAt - START) / MINUTE)
        if (late > 0) delays.set(late, (delays.get(late) ?? 0) + 1)
      }
    }
    expect([...delays.keys()].sort((a, b) => a - b)).toEqual([10, 180, 1_440, 2_880])
    expectShare(
      [...delays.values()].reduce((sum, one) => sum + one, 0),
      count,
      shop.lateShare,
    )
  })

  it('keep one payload to an id, and ids of their own when they are broken', () => {
    const payloads = new Map<string, string>()
    for (const { value, headers } of sound) {
      const text = String(value)
      expect(payloads.get(headers.event_id!) ?? text).toBe(text)
      payloads.set(headers.event_id!, text)
    }
    const broken = messages.filter(({ flaw }) => flaw !== null)
    for (const { flaw, value, headers } of broken) {
      const known = payloads.get(headers.event_id!)
      if (flaw === 'event_id_conflict') {
        expect(JSON.parse(String(value)).event_id).toBe(headers.event_id)
        expect(String(value)).not.toBe(known)
      } else if (flaw !== 'status_after_closed') {
        expect(known).toBeUndefined()
      }
    }
  })

  it('are absent when their shares are 0', () => {
    const none: Shop = {
      ...SMALL,
      lateShare: 0,
      duplicateShare: 0,
      brokenShare: 0,
      conflictShare: 0,
      reopenedShare: 0,
    }
    const sent = messagesOf(none, 0, 120)
    expect(sent.every(({ flaw }) => flaw === null)).toBe(true)
    expect(new Set(sent.map(({ headers }) => headers.event_id)).size).toBe(sent.length)
  })
})

describe('The history that a seed tells', () => {
  it('brings users back in later hours', () => {
    const users = (n: number) => new Set(messagesOf(DEFAULT_SHOP, n, n + 60).map(({ key }) => key))
    const first = users(0)
    const returning = [...users(60)].filter((key) => key.startsWith('user-') && first.has(key))
    expect(returning.length).toBeGreaterThan(20)
  })

  it('keeps a user the same person in every interval', () => {
    const profiles = new Map<string, string>()
    for (const day of [0, 1, 2]) {
      const from = (day * DAY) / MINUTE
      for (const { value, flaw } of messagesOf(SMALL, from, from + 120)) {
        if (flaw !== null) continue
        const { type, payload } = JSON.parse(String(value))
        if (type !== 'signup' && type !== 'user_profile') continue
        const text = JSON.stringify(payload)
        expect(profiles.get(payload.user_id) ?? text).toBe(text)
        profiles.set(payload.user_id, text)
      }
    }
    expect(profiles.size).toBeGreaterThan(50)
  })
})
