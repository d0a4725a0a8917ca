// The marts of source terrace from the plain facts: loops and sets, no SQL.

import { activeUsers } from './plain-active-users.ts'
import type { PlainEvent, PlainLine, PlainSession, PlainShop } from './plain-shop.ts'

export type Row = Record<string, string | number | boolean | null>

interface Group {
  events: PlainEvent[]
  sessions: PlainSession[]
  lines: PlainLine[]
}

/** Facts by the parts of a key; null: the fact is in no group. */
function grouped(
  shop: PlainShop,
  keys: {
    event?: (event: PlainEvent) => (string | null)[]
    session?: (session: PlainSession) => (string | null)[]
    line?: (line: PlainLine) => (string | null)[]
  },
): { key: string[]; group: Group }[] {
  const groups = new Map<string, { key: string[]; group: Group }>()
  const into = (key: (string | null)[]): Group | undefined => {
    if (key.some((part) => part === null)) return undefined
    const name = JSON.stringify(key)
    const made = groups.get(name) ?? {
      key: key as string[],
      group: { events: [], sessions: [], lines: [] },
    }
    groups.set(name, made)
    return made.group
  }
  for (const event of keys.event ? shop.events : []) into(keys.event!(event))?.events.push(event)
  for (const one of keys.session ? shop.sessions : []) into(keys.session!(one))?.sessions.push(one)
  for (const line of keys.line ? shop.lines : []) into(keys.line!(line))?.lines.push(line)
  return [...groups.values()].sort((a, b) => (a.key.join('\0') < b.key.join('\0') ? -1 : 1))
}

/** 123400n of 4 decimals → '12.34'. */
function decimal(value: bigint, decimals = 4): string {
  const digits = String(value).padStart(decimals + 1, '0')
  const [whole, fraction] = [digits.slice(0, -decimals), digits.slice(-decimals)]
  return `${whole}.${fraction}`.replace(/\.?0+$/, '')
}

const count = (events: readonly PlainEvent[], type: string) =>
  events.filter((event) => event.type === type).length
const distinct = (values: readonly (string | null)[]) =>
  new Set(values.filter((value) => value !== null)).size
const ratio = (above: number, below: number) => (below === 0 ? null : above / below)

function sales(lines: readonly PlainLine[]) {
  const closed = lines.filter((line) => line.isRevenue)
  const known = closed.flatMap(({ reported }) => reported ?? [])
  const pending = closed.length - known.length
  const sum = known.reduce((total, amount) => total + amount, 0n)
  return {
    orders: distinct(lines.map((line) => line.order)),
    units: decimal(closed.reduce((total, line) => total + line.quantity, 0n)),
    revenue: pending > 0 && known.length === 0 ? null : decimal(sum),
    pending_lines: pending,
  }
}

/** Every mart with its rows in the order of its grain, without computed_at. */
export function plainMarts(shop: PlainShop): Record<string, Row[]> {
  const behaved = (event: PlainEvent) => event.session !== null || event.type === 'view'
  const looked = (event: PlainEvent) => ['view', 'cart'].includes(event.type)
  const place = (event: PlainEvent) => shop.surroundingsOf(event.session)

  const daily_business_summary = grouped(shop, {
    event: ({ day }) => [day],
    session: ({ day }) => [day],
    line: ({ day }) => [day],
  }).map(({ key: [day], group: { events, sessions, lines } }) => {
    const { orders, units, revenue, pending_lines } = sales(lines)
    const withStatus = (status: string) =>
      distinct(lines.flatMap((line) => (line.status === status ? line.order : [])))
    const priced = distinct(
      lines.flatMap((line) => (line.isRevenue && line.reported !== null ? line.order : [])),
    )
    return {
      day: day!,
      orders,
      closed: withStatus('CLOSED'),
      cancelled: withStatus('CANCELLED'),
      units,
      revenue,
      pending_lines,
      average_order_value: ratio(Number(revenue), priced),
      customers: distinct(lines.map((line) => line.user)),
      new_users: distinct(events.flatMap(({ type, user }) => (type === 'signup' ? user : []))),
      sessions: sessions.length,
      views: count(events, 'view'),
      conversion: ratio(orders, sessions.length),
    }
  })

  const performance = (nameOf: (product: string) => string) =>
    grouped(shop, {
      event: (event) =>
        looked(event) ? [event.day, event.product && nameOf(event.product)] : [null],
      line: ({ day, product }) => [day, product && nameOf(product)],
    }).map(({ key, group: { events, lines } }) => ({
      key,
      figures: {
        views: count(events, 'view'),
        viewers: distinct(events.flatMap(({ type, user }) => (type === 'view' ? user : []))),
        carts: count(events, 'cart'),
        ...sales(lines),
      },
    }))
  const product_performance = performance((product) => product).map(
    ({ key: [day, product], figures }) => ({
      day: day!,
      product_id: product!,
      category: shop.categoryOf(product!),
      ...figures,
    }),
  )
  const categories = performance(shop.categoryOf)
  const category_performance = categories.map(({ key: [day, category], figures }) => {
    const whole = categories
      .filter((one) => one.key[0] === day)
      .reduce((sum, one) => sum + Number(one.figures.revenue ?? 0) * 10_000, 0)
    const { revenue } = figures
    const share = revenue === null ? null : ratio(Number(revenue), Math.round(whole) / 10_000)
    return { day: day!, category: category!, ...figures, revenue_share: share }
  })

  const user_engagement = grouped(shop, {
    event: ({ day, user }) => [day, user],
    session: ({ day, user }) => [day, user],
    line: ({ day, user }) => [day, user],
  }).map(({ key: [day, user], group: { events, sessions, lines } }) => {
    const { revenue, pending_lines } = sales(lines)
    return {
      day: day!,
      user_id: user!,
      events: events.length,
      sessions: sessions.length,
      views: count(events, 'view'),
      carts: count(events, 'cart'),
      purchases: count(events, 'purchase'),
      active_seconds: decimal(
        sessions.reduce((sum, { duration }) => sum + duration, 0n),
        6,
      ),
      revenue,
      pending_lines,
    }
  })

  const session_analytics = grouped(shop, { session: ({ day, device }) => [day, device] }).map(
    ({ key: [day, device_type], group: { sessions } }) => {
      const durations = sessions.map((one) => one.duration).sort((a, b) => (a < b ? -1 : 1))
      const done = (one: PlainSession) =>
        one.events.filter(({ type }) => ['view', 'cart', 'purchase', 'order'].includes(type)).length
      const events = sessions.reduce((sum, one) => sum + one.events.length, 0)
      const total = durations.reduce((sum, one) => sum + one, 0n)
      return {
        day: day!,
        device_type: device_type!,
        sessions: sessions.length,
        bounces: sessions.filter((one) => done(one) <= 1).length,
        mean_duration_seconds: Number(total) / 1e6 / sessions.length,
        median_duration_seconds: decimal(durations[Math.floor(0.5 * durations.length)]!, 6),
        p95_duration_seconds: decimal(durations[Math.floor(0.95 * durations.length)]!, 6),
        events_per_session: events / sessions.length,
        sessions_with_order: sessions.filter((one) => count(one.events, 'order') > 0).length,
      }
    },
  )

  const campaign_performance = grouped(shop, {
    event: ({ type, day, campaign }) => (type === 'campaign_event' ? [day, campaign] : [null]),
    line: ({ day, campaign }) => [day, campaign],
  }).map(({ key: [day, campaign_id], group: { events, lines } }) => {
    const { orders, revenue, pending_lines } = sales(lines)
    const acted = (action: string) => events.filter((event) => event.action === action).length
    const known = events.flatMap(({ costReported }) => costReported ?? [])
    const pending_costs = events.length - known.length
    const spent = known.reduce((sum, cost) => sum + cost, 0n)
    const cost = pending_costs > 0 && known.length === 0 ? null : decimal(spent)
    return {
      day: day!,
      campaign_id: campaign_id!,
      impressions: acted('impression'),
      clicks: acted('click'),
      cost,
      pending_costs,
      orders,
      revenue,
      pending_lines,
      click_rate: ratio(acted('click'), acted('impression')),
      cost_per_click: cost === null ? null : ratio(Number(cost), acted('click')),
      return_on_spend:
        revenue === null || cost === null ? null : ratio(Number(revenue), Number(cost)),
    }
  })

  const by = (first: 'country' | 'device', second: 'city' | 'os') =>
    grouped(shop, {
      event: (event) =>
        behaved(event) ? [event.day, place(event)[first], place(event)[second]] : [null],
      session: (session) => [session.day, session[first], session[second]],
      line: (line) => [line.day, line[first], line[second]],
    }).map(({ key, group: { events, sessions, lines } }) => {
      const { orders, revenue, pending_lines } = sales(lines)
      return {
        key: key as [string, string, string],
        users: distinct(events.flatMap(({ session, user }) => (session === null ? [] : user))),
        sessions: sessions.length,
        views: count(events, 'view'),
        orders,
        revenue,
        pending_lines,
      }
    })
  const places = by('country', 'city')
  const geo_analysis = places.map(({ key: [day, country, city], ...figures }) => {
    const ofDay = places.filter((one) => one.key[0] === day)
    const isKnown = (one: { key: string[] }) => one.key[1] !== 'unknown' || one.key[2] !== 'unknown'
    const counts = ofDay.filter(isKnown).map((one) => one.sessions)
    const total = (of: 'sessions' | 'orders') => ofDay.reduce((sum, one) => sum + one[of], 0)
    const better = ofDay.filter((one) => {
      const [mine, theirs] = [figures.revenue, one.revenue].map((revenue) => Number(revenue ?? -1))
      const tie = [one.key[1], one.key[2]].join('\0') < [country, city].join('\0')
      return theirs! > mine! || (theirs === mine && tie)
    })
    return {
      day,
      country,
      city,
      ...figures,
      revenue_rank: better.length + 1,
      needs_attention:
        isKnown({ key: [day, country, city] }) &&
        figures.sessions > middle(counts) &&
        figures.orders / figures.sessions < total('orders') / total('sessions') / 2,
    }
  })
  const device_analysis = by('device', 'os').map(({ key: [day, device_type, os], ...figures }) => ({
    day,
    device_type,
    os,
    ...figures,
    conversion: ratio(figures.orders, figures.sessions),
  }))

  const weather_impact = grouped(shop, {
    event: (event) =>
      behaved(event) ? [event.day, place(event).city, event.weather.condition] : [null],
    session: ({ day, city, weather }) => [day, city, weather.condition],
    line: ({ day, city, weather }) => [day, city, weather.condition],
  }).map(({ key: [day, city, weather], group: { events, sessions, lines } }) => {
    const { orders, revenue, pending_lines } = sales(lines)
    const degrees = events.flatMap((event) => event.weather.temperature ?? [])
    const sum = Number(degrees.reduce((total, one) => total + one, 0n)) / 100
    return {
      day: day!,
      city: city!,
      weather: weather!,
      sessions: sessions.length,
      views: count(events, 'view'),
      orders,
      revenue,
      pending_lines,
      mean_temperature_c: ratio(sum, degrees.length),
    }
  })

  const sold = (lines: readonly PlainLine[]) => {
    const { revenue, pending_lines } = sales(lines)
    return { sales: revenue, currency: shop.reportingCurrency, pending_lines, unpriced_lines: 0 }
  }
  const daily_sales_report = grouped(shop, { line: ({ day }) => [day] }).map(
    ({ key: [day], group: { lines } }) => ({
      day: day!,
      orders: distinct(lines.map((line) => line.order)),
      ...sold(lines),
    }),
  )
  const daily_product_quantity = grouped(shop, { line: ({ day, product }) => [day, product] }).map(
    ({ key: [day, product_id], group: { lines } }) => ({
      day: day!,
      product_id: product_id!,
      quantity: decimal(lines.reduce((total, line) => total + line.quantity, 0n)),
      ...sold(lines),
    }),
  )

  const active = activeUsers(
    shop.events.map(({ id, at, user }) => ({
      event_id: id,
      day: Math.floor(at / 86_400_000),
      user,
    })),
  ).map(({ day, day_users, week_users, new_users, returning_users, stickiness }) => ({
    day,
    active_users_day: day_users,
    active_users_7d: week_users,
    new_users,
    returning_users,
    stickiness,
  }))

  return {
    daily_business_summary,
    product_performance,
    category_performance,
    user_engagement,
    active_users_7d: active,
    session_analytics,
    campaign_performance,
    geo_analysis,
    device_analysis,
    weather_impact,
    daily_sales_report,
    daily_product_quantity,
  }
}

/** The median: of an even number, the mean of the middle two. */
function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length / 2
  return Number.isInteger(half)
    ? ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2
    : sorted[Math.floor(half)]!
}
