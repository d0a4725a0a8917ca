// Messages of the shop written by hand or drawn at random, for tests of the marts that must know
// everything about them.

import type { GeneratedMessage, Random } from '../../generators/index.ts'

export type Payload = Record<string, unknown>

/** A message; `flaw` says why nobody should take it into account. */
export function message(
  eventId: string,
  type: string,
  occurredAt: string | number,
  payload: Payload,
  flaw: string | null = null,
): GeneratedMessage {
  const occurred_at = new Date(occurredAt).toISOString()
  const envelope = {
    event_id: eventId,
    type,
    source: 'terrace',
    schema_version: 1,
    occurred_at,
    payload,
  }
  return {
    key: eventId,
    value: Buffer.from(JSON.stringify(envelope)),
    headers: { source: 'terrace', event_id: eventId },
    flaw,
  }
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const CURRENCIES = ['EUR', 'USD', 'TRY', 'JPY', 'GBP']
const PLACES = [
  { lat: 41.01, lon: 28.98, city: 'Istanbul', country: 'TR' },
  { lat: 41.04, lon: 29.03, city: null, country: null },
  { lat: 59.33, lon: 18.07, city: 'Stockholm', country: 'SE' },
  { lat: 48.86, lon: 2.35, city: 'Paris', country: 'FR' },
  { lat: -0.02, lon: -0.04, city: null, country: null },
]
const DEVICES = [
  { device_type: 'mobile', os: 'iOS', browser: 'Safari', app_version: '2.1' },
  { device_type: 'mobile', os: 'Android', browser: 'Chrome', app_version: null },
  { device_type: 'desktop', os: 'Linux', browser: 'Firefox', app_version: null },
  { device_type: 'tablet', os: 'iOS', browser: 'Safari', app_version: '2.1' },
]
const WEATHERS = ['clear', 'rain', 'unavailable']

/**
 * Days of a small shop that has every oddity often: sessions over midnight, some without a device or
 * place and some that say theirs twice at once, orders with repeated products, without lines or
 * without their own message, lines said anew, statuses of later days, cancelled orders, a currency
 * without a rate, products that change their category, repetitions.
 */
export function oddShop(random: Random, start: string, days: number): GeneratedMessage[] {
  const messages: GeneratedMessage[] = []
  const from = Date.parse(start)
  let number = 0
  const say = (type: string, at: number, payload: Payload) => {
    number += 1
    const said = message(`odd-${number}`, type, at, payload)
    messages.push(said)
    if (random.chance(0.06)) messages.push(said)
  }
  const product = (at: number) => {
    const n = random.between(0, 6)
    // The category of one product flips within an hour, that of another with the days.
    const moves = n === 2 ? Math.floor(at / MINUTE) % 2 : n === 4 ? Math.floor(at / DAY) % 2 : 0
    return {
      product_id: `product-${n}`,
      name: `Product ${n}`,
      category: n === 5 ? null : `category-${(n + moves) % 3}`,
      price: 100 * (n + 1),
      currency: 'EUR',
    }
  }
  for (let day = 0; day < days; day++) {
    for (let visit = 0; visit < 7; visit++) {
      const user_id = `user-${random.between(0, 8)}`
      const session_id = `session-${day}-${visit}`
      const isNight = visit === 0
      let at = from + day * DAY + (isNight ? DAY - 3 * MINUTE : random.between(0, 22) * HOUR)
      const campaign_id = random.chance(0.4) ? `campaign-${random.between(0, 2)}` : null
      const who = { user_id, session_id }
      const next = () => {
        at += random.between(1, 100_000)
        return at
      }
      if (random.chance(0.15)) say('signup', at - 1_000, { user_id, name: 'N', email: null })
      if (random.chance(0.9)) say('session_start', at, { ...who, campaign_id, referrer: null })
      for (const device of random.chance(0.2) ? DEVICES.slice(0, 2) : [random.pick(DEVICES)]) {
        if (random.chance(0.8)) say('user_device', at + 5, { ...who, ...device })
      }
      if (random.chance(0.8)) say('user_location', at + 7, { ...who, ...random.pick(PLACES) })
      for (let step = random.between(0, 5); step > 0; step--) {
        const condition = random.pick(WEATHERS)
        say(random.pick(['view', 'view', 'cart', 'purchase']), next(), {
          ...who,
          product: product(at),
          quantity: random.between(1, 3),
          platform: 'desktop',
          weather: random.chance(0.5)
            ? { condition, temperature_c: condition === 'clear' ? 21.5 : null }
            : null,
        })
      }
      if (campaign_id !== null) {
        for (const action of ['impression', 'impression', 'click']) {
          const currency = random.pick(CURRENCIES)
          const isKnown = action === 'click'
          say('campaign_event', next(), {
            campaign_id,
            name: campaign_id,
            channel: 'search',
            action,
            cost: currency === 'JPY' ? 7 : 0.35,
            currency,
            user_id: isKnown ? user_id : null,
            session_id: isKnown ? session_id : null,
          })
        }
      }
      if (random.chance(0.55)) order(`order-${day}-${visit}`, next(), who, campaign_id)
      if (random.chance(0.8)) say('session_end', next(), { ...who, campaign_id, referrer: null })
    }
  }
  return messages

  function order(order_id: string, at: number, who: Payload, campaign_id: string | null): void {
    const currency = random.pick(CURRENCIES)
    const isWhole = currency === 'JPY'
    if (random.chance(0.9)) say('order', at, { order_id, ...who, campaign_id, currency, cost: 50 })
    const line = (line_no: number, later = 0) =>
      say('order_item', at + later, {
        order_id,
        line_no,
        product_id: `product-${random.between(0, 3)}`,
        quantity: random.between(1, 4),
        unit_price: isWhole ? random.between(1, 900) : random.between(1, 90_000) / 100,
      })
    if (random.chance(0.9)) {
      for (let line_no = 1; line_no <= random.between(1, 3); line_no++) line(line_no)
      if (random.chance(0.2)) line(1)
      if (random.chance(0.2)) line(1, HOUR)
    }
    const status = (status: string, later: number) => {
      const time = at + later
      say('order_status', time, { order_id, status, at: new Date(time).toISOString() })
    }
    status('OPEN', 0)
    if (random.chance(0.3)) status('COOKING', 0)
    if (random.chance(0.6)) status('CLOSED', random.pick([HOUR, DAY, 2 * DAY]))
    else if (random.chance(0.5)) status('CANCELLED', random.pick([HOUR, DAY]))
  }
}
