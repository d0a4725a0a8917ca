import { describe, expect, it } from 'vitest'
import type {
  CampaignEvent,
  Order,
  OrderItem,
  OrderStatus,
  SessionMark,
  UserDevice,
  UserLocation,
  View,
} from '../../generators/events.ts'
import {
  createCatalogue,
  DEFAULT_SHOP,
  generateInterval,
  type Shop,
} from '../../generators/index.ts'
import { nearestCity, weatherAt } from '../../generators/offline/index.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.UTC(2026, 2, 1)
// No noise: these tests read what happens in the shop, not what becomes of its messages.
const QUIET: Shop = {
  ...DEFAULT_SHOP,
  eventsPerMinute: 80,
  lateShare: 0,
  duplicateShare: 0,
  brokenShare: 0,
  conflictShare: 0,
  nextDayShare: 0.1,
}

interface Happened<Payload> {
  at: number
  type: string
  payload: Payload
  flaw: string | null
}

const happened = [...generateInterval(QUIET, new Date(START), new Date(START + 36 * HOUR))]
  .flat()
  .map(({ value, flaw }): Happened<unknown> => {
    const { occurred_at, type, payload } = JSON.parse(String(value))
    return { at: Date.parse(occurred_at), type, payload, flaw }
  })

function all<Payload>(...types: string[]): Happened<Payload>[] {
  return happened.filter(({ type }) => types.includes(type)) as Happened<Payload>[]
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return groups
}

const starts = groupBy(all<SessionMark>('session_start'), ({ payload }) => payload.session_id)
const looks = groupBy(all<View>('view', 'cart', 'purchase'), ({ payload }) => payload.session_id)
/** Orders whose items and statuses lie within what was generated. */
const orders = all<Order>('order').filter(({ at }) => at < START + 8 * HOUR)
const itemsOf = groupBy(all<OrderItem>('order_item'), ({ payload }) => payload.order_id)
const statusesOf = groupBy(all<OrderStatus>('order_status'), ({ payload }) => payload.order_id)

/** Share of the sessions that ended in an order. */
function conversion(sessions: ReadonlySet<string>): number {
  const buyers = all<Order>('order').filter(({ payload }) => sessions.has(payload.session_id))
  return buyers.length / sessions.size
}

describe('The synthetic shop', () => {
  it('sends every kind of event', () => {
    expect([...new Set(happened.map(({ type }) => type))].sort()).toEqual([
      'campaign_event',
      'cart',
      'order',
      'order_item',
      'order_status',
      'purchase',
      'session_end',
      'session_start',
      'signup',
      'user_device',
      'user_location',
      'user_profile',
      'view',
    ])
  })

  it('has fewer carts than views and fewer orders than sessions with a cart', () => {
    const sessionsWith = (type: string) =>
      [...looks.values()].filter((events) => events.some((event) => event.type === type)).length
    const counts = [
      starts.size,
      sessionsWith('view'),
      sessionsWith('cart'),
      sessionsWith('purchase'),
    ]
    expect(counts).toEqual([...counts].sort((a, b) => b - a))
    expect(new Set(counts).size).toBe(4)
    const share = sessionsWith('purchase') / starts.size
    expect(share).toBeGreaterThan(0.05)
    expect(share).toBeLessThan(0.15)
  })

  it('puts only what was viewed into the cart, and sells only what is in it', () => {
    let countBought = 0
    for (const events of looks.values()) {
      const isWhole = starts.has(events[0]!.payload.session_id)
      if (!isWhole) continue
      const viewed = new Set<string>()
      const carted = new Set<string>()
      for (const { type, payload } of events) {
        const line = `${payload.product.product_id} × ${payload.quantity}`
        if (type === 'view') viewed.add(payload.product.product_id)
        if (type === 'cart') expect(viewed).toContain(payload.product.product_id)
        if (type === 'cart') carted.add(line)
        if (type !== 'purchase') continue
        expect(carted).toContain(line)
        countBought += 1
      }
    }
    expect(countBought).toBeGreaterThan(50)
  })

  it('ends a session within half an hour of its first event', () => {
    const ends = all<SessionMark>('session_end')
    for (const { at, payload } of ends) {
      const start = starts.get(payload.session_id)?.[0]
      if (start === undefined) continue
      expect(at).toBeGreaterThan(start.at)
      expect(at - start.at).toBeLessThan(HOUR / 2)
    }
    expect(ends.length).toBeLessThan(starts.size)
  })

  it('has categories with prices of their own, and none below zero or with half a yen', () => {
    const prices = groupBy(createCatalogue('prices', 700), ({ category }) => category)
    const euros = (category: string) => {
      const found = prices.get(category)!.filter(({ currency }) => currency === 'EUR')
      return found.reduce((sum, { price }) => sum + price, 0) / found.length
    }
    expect(euros('electronics')).toBeGreaterThan(3 * euros('books'))
    for (const { price, currency } of [...prices.values()].flat()) {
      expect(price).toBeGreaterThan(0)
      expect(String(price)).toMatch(currency === 'JPY' ? /^\d+$/ : /^\d+(\.\d{1,2})?$/)
    }
  })

  it('converts differently by city and by device', () => {
    const devices = groupBy(all<UserDevice>('user_device'), ({ payload }) => payload.device_type)
    const sessionsOf = (device: string) =>
      new Set(devices.get(device)!.map(({ payload }) => payload.session_id))
    expect(conversion(sessionsOf('desktop'))).toBeGreaterThan(
      1.3 * conversion(sessionsOf('mobile')),
    )
    const places = groupBy(
      all<UserLocation>('user_location'),
      ({ payload }) => nearestCity(payload.lat, payload.lon)!.city,
    )
    const byCity = [...places.values()]
      .filter((sessions) => sessions.length > 300)
      .map((sessions) => conversion(new Set(sessions.map(({ payload }) => payload.session_id))))
    expect(Math.max(...byCity)).toBeGreaterThan(2 * Math.min(...byCity))
  })

  it('leaves out city and weather in the declared share, and is right where it names them', () => {
    const places = all<UserLocation>('user_location')
    const named = places.filter(({ payload }) => payload.city !== null)
    expect(1 - named.length / places.length).toBeCloseTo(QUIET.withoutPlaceShare, 1)
    for (const { payload } of named) {
      const { city, country } = payload
      expect(nearestCity(payload.lat, payload.lon)).toEqual({ city, country })
    }
    const placeOf = new Map(places.map(({ payload }) => [payload.session_id, payload]))
    const withWeather = [...looks.values()].filter(([look]) => look!.payload.weather !== null)
    expect(1 - withWeather.length / looks.size).toBeCloseTo(QUIET.withoutWeatherShare, 1)
    for (const [look] of withWeather) {
      const place = placeOf.get(look!.payload.session_id)
      const isWithinHour = new Date(look!.at).getUTCMinutes() > 2
      if (place === undefined || !isWithinHour) continue
      const { condition, temperatureC } = weatherAt(place.lat, place.lon, new Date(look!.at))!
      expect(look!.payload.weather).toEqual({ condition, temperature_c: temperatureC })
    }
  })
})

describe('Campaigns', () => {
  const campaignEvents = all<CampaignEvent>('campaign_event')

  it('lead to the session that names them, and to a conversion when it ends in an order', () => {
    const clicks = campaignEvents.filter(({ payload }) => payload.action === 'click')
    let countSessions = 0
    for (const { at, payload } of clicks) {
      const start = starts.get(payload.session_id!)?.[0]
      if (start === undefined) continue
      countSessions += 1
      expect(start.payload).toMatchObject({
        campaign_id: payload.campaign_id,
        user_id: payload.user_id,
      })
      expect(start.at).toBeGreaterThan(at)
    }
    const led = [...starts.values()].filter(([start]) => start!.payload.campaign_id !== null)
    expect(led.length).toBeCloseTo(countSessions, -1)
    expect(led.length / starts.size).toBeCloseTo(QUIET.campaignShare, 1)

    const converted = campaignEvents.filter(({ payload }) => payload.action === 'conversion')
    const bought = all<Order>('order').filter(({ payload }) => payload.campaign_id !== null)
    const key = (payload: { session_id: string | null; campaign_id: string | null }) =>
      `${payload.session_id} ${payload.campaign_id}`
    expect(converted.map(({ payload }) => key(payload)).sort()).toEqual(
      bought.map(({ payload }) => key(payload)).sort(),
    )
    expect(bought.length).toBeGreaterThan(20)
  })

  it('are seen more often than clicked, and cost money', () => {
    const byAction = groupBy(campaignEvents, ({ payload }) => payload.action)
    expect(byAction.get('impression')!.length).toBeGreaterThan(4 * byAction.get('click')!.length)
    const cost = (action: string) =>
      byAction.get(action)!.reduce((sum, { payload }) => sum + payload.cost, 0)
    expect(cost('click')).toBeGreaterThan(0)
    expect(cost('impression')).toBeGreaterThan(0)
    expect(cost('conversion')).toBe(0)
  })
})

describe('Orders', () => {
  it('hold what was bought in their session, in one currency, line by line', () => {
    for (const { payload: order } of orders) {
      const session = looks.get(order.session_id)!
      const bought = session.filter(({ type }) => type === 'purchase')
      expect(new Set(bought.map(({ payload }) => payload.product.currency))).toEqual(
        new Set([order.currency]),
      )
      expect(itemsOf.get(order.order_id)!.map(({ payload }) => payload)).toEqual(
        bought.map(({ payload }, n) => ({
          order_id: order.order_id,
          line_no: n + 1,
          product_id: payload.product.product_id,
          quantity: payload.quantity,
          unit_price: payload.product.price,
        })),
      )
    }
    expect(new Set(orders.map(({ payload }) => payload.currency)).size).toBeGreaterThan(5)
  })

  it('repeat a product in some orders', () => {
    const repeats = [...itemsOf.values()].filter(
      (items) => new Set(items.map(({ payload }) => payload.product_id)).size < items.length,
    )
    expect(repeats.length).toBeGreaterThan(5)
  })

  it('cost the sum of their lines to the cent, but for a declared few', () => {
    const other = orders.filter(({ payload }) => {
      const cents = itemsOf
        .get(payload.order_id)!
        .map((item) => Math.round(item.payload.unit_price * 100) * item.payload.quantity)
        .reduce((sum, one) => sum + one, 0)
      return Math.round(payload.cost * 100) !== cents
    })
    expect(other.length).toBeGreaterThan(0)
    expect(other.length / orders.length).toBeLessThan(3 * QUIET.otherCostShare)
  })

  it('go from OPEN, at once, to CLOSED or CANCELLED by legal steps, some the next day', () => {
    const ways = new Map<string, number>()
    let countNextDay = 0
    for (const { at, payload } of orders) {
      const statuses = statusesOf.get(payload.order_id)!
      expect(statuses[0]).toMatchObject({ at, payload: { status: 'OPEN' } })
      const sound = statuses.filter(({ flaw }) => flaw === null)
      for (const status of statuses) expect(Date.parse(status.payload.at)).toBe(status.at)
      const way = sound.map((status) => status.payload.status).join(' ')
      ways.set(way, (ways.get(way) ?? 0) + 1)
      const took = sound.at(-1)!.at - at
      if (took > DAY) countNextDay += 1
      expect(took % DAY).toBeLessThan(1.5 * HOUR)
      expect(took).toBeGreaterThan(0)
    }
    expect([...ways.keys()].sort()).toEqual([
      'OPEN CANCELLED',
      'OPEN COOKING CANCELLED',
      'OPEN COOKING DELIVERING CLOSED',
    ])
    const closed = ways.get('OPEN COOKING DELIVERING CLOSED')!
    expect(1 - closed / orders.length).toBeCloseTo(QUIET.cancelledShare, 1)
    expect(countNextDay / orders.length).toBeCloseTo(QUIET.nextDayShare, 1)
  })

  it('mark as flawed whatever comes after CLOSED', () => {
    let countReopened = 0
    for (const statuses of statusesOf.values()) {
      const closed = statuses.findIndex(({ payload }) => payload.status === 'CLOSED')
      const after = closed < 0 ? [] : statuses.slice(closed + 1)
      countReopened += after.length
      for (const { flaw } of after) expect(flaw).toBe('status_after_closed')
    }
    expect(countReopened).toBeGreaterThan(0)
  })
})
