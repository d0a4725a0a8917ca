// The facts by plain loops over the produced messages: no SQL, no shared code with the loads. Money is
// whole ten-thousandths, times are milliseconds, days are UTC.

import { createHash } from 'node:crypto'
import type { GeneratedMessage } from '../../generators/index.ts'

export interface PlainEvent {
  id: string
  hash: string
  type: string
  at: number
  day: string
  user: string | null
  session: string | null
  product: string | null
  campaign: string | null
  action: string | null
  cost: bigint | null
  /** In the reporting currency; null: no cost, or no rate. */
  costReported: bigint | null
  weather: Weather
  payload: Payload
}

export interface Weather {
  condition: string
  /** Hundredths of a degree. */
  temperature: bigint | null
}

export interface Surroundings {
  device: string
  os: string
  city: string
  country: string
}

export interface PlainSession extends Surroundings {
  id: string
  day: string
  user: string | null
  /** Microseconds. */
  duration: bigint
  events: PlainEvent[]
  weather: Weather
}

export interface PlainLine extends Surroundings {
  day: string
  order: string
  status: string
  user: string | null
  campaign: string | null
  product: string | null
  quantity: bigint
  /** null: no rate. */
  reported: bigint | null
  isRevenue: boolean
  weather: Weather
}

/** What providers have answered: dates with rates, places, places with an hour. */
export interface Answers {
  reportingCurrency: string
  /** Ascending. */
  rates: { date: string; currency: string; rate: string }[]
  cities: Record<string, { city: string | null; country: string | null }>
  weather: Record<string, { condition: string; temperature: string | null }>
}

export interface PlainShop {
  reportingCurrency: string
  events: PlainEvent[]
  sessions: PlainSession[]
  /** An order without lines is one line without product. */
  lines: PlainLine[]
  categoryOf(product: string): string
  surroundingsOf(session: string | null): Surroundings
}

// biome-ignore lint/suspicious/noExplicitAny: payloads are whatever the messages hold
type Payload = Record<string, any>

const HOUR = 3_600_000
const UNKNOWN: Weather = { condition: 'unknown', temperature: null }

const md5 = (text: string) => createHash('md5').update(text).digest('hex')
const key = (...parts: string[]) =>
  md5(['terrace', ...parts].map((part) => `${part.length}:${part}`).join(''))
const fingerprint = (attributes: unknown[]) => md5(JSON.stringify(attributes))
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10)

/** 12.3456 → 123456n. */
export function scaled(value: number | string, decimals: number): bigint {
  const [whole = '0', fraction = ''] = String(value).split('.')
  const sign = whole.startsWith('-') ? -1n : 1n
  return sign * BigInt(whole.replace('-', '') + fraction.slice(0, decimals).padEnd(decimals, '0'))
}

/** The last by time; of several, the one with the first tie. */
function latest<T extends { at: number; tie: string }>(said: readonly T[]): T | undefined {
  return [...said].sort((a, b) => b.at - a.at || (a.tie < b.tie ? -1 : 1))[0]
}

export function readShop(messages: readonly GeneratedMessage[], answers: Answers): PlainShop {
  const found = new Map<string, PlainEvent>()
  for (const { value, flaw } of messages) {
    if (flaw !== null) continue
    const { event_id, type, occurred_at, payload } = JSON.parse(String(value))
    if (found.has(event_id)) continue
    const at = Date.parse(occurred_at)
    const isCampaign = type === 'campaign_event'
    const cost = isCampaign ? scaled(payload.cost, 4) : null
    found.set(event_id, {
      id: event_id,
      hash: key(event_id),
      type,
      at,
      day: dayOf(at),
      user: payload.user_id ?? null,
      session: payload.session_id ?? null,
      product: payload.product?.product_id ?? payload.product_id ?? null,
      campaign: payload.campaign_id ?? null,
      action: payload.action ?? null,
      cost,
      costReported:
        cost === null ? null : convert(cost, 10_000n, payload.currency, dayOf(at), answers),
      weather: UNKNOWN,
      payload,
    })
  }
  const events = [...found.values()].sort((a, b) => a.at - b.at || (a.hash < b.hash ? -1 : 1))

  const placeOf = (session: string) => {
    const places = events
      .filter((event) => event.type === 'user_location' && event.session === session)
      .map(({ payload }) => place(payload))
    return places.sort((a, b) => (key(a) < key(b) ? -1 : 1))[0]
  }
  const cityOf = (where: string) =>
    answers.cities[where] ??
    latest(
      events
        .filter(({ type, payload }) => type === 'user_location' && place(payload) === where)
        .filter(({ payload }) => payload.city !== null || payload.country !== null)
        .map(({ at, payload: { city, country } }) => {
          return { at, city, country, tie: fingerprint([city, country]) }
        }),
    )
  const deviceOf = (session: string) =>
    latest(
      events
        .filter((event) => event.type === 'user_device' && event.session === session)
        .map(({ at, payload: { device_type, os, browser, app_version } }) => {
          return { at, device_type, os, tie: fingerprint([device_type, os, browser, app_version]) }
        }),
    )
  const surroundings = new Map<string | null, Surroundings>()
  const surroundingsOf = (session: string | null): Surroundings => {
    const known = surroundings.get(session)
    if (known !== undefined) return known
    const where = session === null ? undefined : placeOf(session)
    const city = where === undefined ? undefined : cityOf(where)
    const device = session === null ? undefined : deviceOf(session)
    const made = {
      device: device?.device_type ?? 'unknown',
      os: device?.os ?? 'unknown',
      city: city?.city ?? 'unknown',
      country: city?.country ?? 'unknown',
    }
    surroundings.set(session, made)
    return made
  }
  const weatherAt = (session: string | null, at: number): Weather => {
    const where = session === null ? undefined : placeOf(session)
    const hour = new Date(at - (at % HOUR)).toISOString()
    const answer = where === undefined ? undefined : answers.weather[`${where}@${hour}`]
    if (answer === undefined) return UNKNOWN
    const { condition, temperature } = answer
    return { condition, temperature: temperature === null ? null : scaled(temperature, 2) }
  }
  for (const event of events) {
    const told = event.payload.weather
    event.weather = told
      ? {
          condition: told.condition,
          temperature: told.temperature_c === null ? null : scaled(told.temperature_c, 2),
        }
      : weatherAt(event.session, event.at)
  }
  const categoryOf = (product: string) =>
    latest(
      events
        .filter((event) => event.product === product && event.payload.product?.category)
        .map(({ at, payload }) => {
          const { category } = payload.product
          return { at: at - (at % HOUR), category, tie: key(category) }
        }),
    )?.category ?? 'unknown'

  const sessions: PlainSession[] = []
  for (const id of new Set(events.flatMap(({ session }) => session ?? []))) {
    const held = events.filter((event) => event.session === id)
    const first = held[0]!
    sessions.push({
      id,
      day: first.day,
      user: held.find((event) => event.user !== null)?.user ?? null,
      duration: BigInt(held.at(-1)!.at - first.at) * 1000n,
      events: held,
      weather: first.weather,
      ...surroundingsOf(id),
    })
  }

  const lines: PlainLine[] = []
  for (const id of new Set(events.flatMap(({ payload }) => payload.order_id ?? []))) {
    const said = events.filter(({ payload }) => payload.order_id === id)
    const orders = said.filter(({ type }) => type === 'order')
    const statuses = said
      .filter(({ type }) => type === 'order_status')
      .map(({ payload: { at, status } }) => ({ at: Date.parse(at), status, tie: status }))
    const items = said.filter(({ type }) => type === 'order_item')
    const times = orders.length > 0 ? orders : [...items, ...statuses]
    const at = Math.min(...times.map((one) => one.at))
    const order = latest(
      orders.map(({ at, payload: { cost, currency } }) => ({
        at,
        currency,
        tie: fingerprint([String(cost), currency]),
      })),
    )
    const status = statuses.some((one) => one.status === 'CLOSED')
      ? 'CLOSED'
      : (latest(statuses)?.status ?? 'unknown')
    const session = orders[0]?.session ?? null
    const common = {
      day: dayOf(at),
      order: id,
      status,
      user: orders[0]?.user ?? null,
      campaign: orders.find((one) => one.campaign !== null)?.campaign ?? null,
      weather: weatherAt(session, at),
      ...surroundingsOf(session),
    }
    const numbers = new Set(items.map(({ payload }) => payload.line_no as number))
    for (const number of numbers) {
      const line = latest(
        items
          .filter(({ payload }) => payload.line_no === number)
          .map(({ at, payload: { product_id, quantity, unit_price } }) => ({
            at,
            product_id,
            quantity,
            unit_price,
            tie: fingerprint([String(quantity), String(unit_price)]),
          })),
      )!
      const [quantity, price] = [scaled(line.quantity, 4), scaled(line.unit_price, 4)]
      lines.push({
        ...common,
        product: line.product_id,
        quantity,
        reported:
          order === undefined
            ? null
            : convert(quantity * price, 100_000_000n, order.currency, common.day, answers),
        isRevenue: status === 'CLOSED',
      })
    }
    if (numbers.size === 0) {
      const isRevenue = status === 'CLOSED'
      lines.push({ ...common, product: null, quantity: 0n, reported: null, isRevenue })
    }
  }
  return {
    reportingCurrency: answers.reportingCurrency,
    events,
    sessions,
    lines,
    categoryOf,
    surroundingsOf,
  }
}

function place({ lat, lon }: Payload): string {
  return [lat, lon].map((degrees) => (Math.round(degrees * 10) / 10 + 0).toFixed(1)).join(',')
}

/** amount ÷ unit in the reporting currency as ten-thousandths, rounded once, half away from zero. */
function convert(
  amount: bigint,
  unit: bigint,
  currency: string,
  day: string,
  { reportingCurrency, rates }: Answers,
): bigint | null {
  const rateOf = (wanted: string): bigint | null => {
    if (currency === reportingCurrency || wanted === 'USD') return 10n ** 10n
    const rate = rates.findLast((one) => one.currency === wanted && one.date <= day)?.rate
    return rate === undefined ? null : scaled(rate, 10)
  }
  const [from, to] = [rateOf(currency), rateOf(reportingCurrency)]
  if (from === null || to === null) return null
  const [above, below] = [amount * to * 10_000n, from * unit]
  return (2n * above + below) / (2n * below)
}
