// The vault by plain loops over the produced messages: no SQL, no shared code with the loads. Keys are
// business keys, joined by a bar; each table is a set of texts.

import type { GeneratedMessage } from '../../generators/index.ts'

export interface PlainEvent {
  event_id: string
  type: string
  occurred_at: string
  // biome-ignore lint/suspicious/noExplicitAny: a plain reading of what the test itself produced.
  payload: any
}

/** Events that must be in the vault, from messages in the order in which they arrive. */
export function acceptedEvents(messages: readonly GeneratedMessage[]): PlainEvent[] {
  const events = new Map<string, PlainEvent>()
  const closed = new Map<string, number>()
  for (const { value, flaw } of messages) {
    // A repeated id and a status after CLOSED are found here; what else is broken, its maker knows.
    if (flaw !== null && flaw !== 'event_id_conflict' && flaw !== 'status_after_closed') continue
    const event = JSON.parse(value!.toString()) as PlainEvent
    if (events.has(event.event_id)) continue
    if (event.type === 'order_status') {
      const { order_id, status, at } = event.payload
      const time = Date.parse(at)
      const closedAt = closed.get(order_id)
      if (status === 'CLOSED') closed.set(order_id, Math.min(closedAt ?? time, time))
      else if (closedAt !== undefined && time > closedAt) continue
    }
    events.set(event.event_id, event)
  }
  return [...events.values()]
}

export type PlainVault = Record<string, Set<string>>

const hour = (time: string) => `${time.slice(0, 13)}:00:00.000Z`
const tenth = (degrees: number) => {
  const rounded = Math.sign(degrees) * Math.round(Math.abs(degrees) * 10)
  return (rounded === 0 ? 0 : rounded / 10).toFixed(1)
}

export function plainVault(events: readonly PlainEvent[]): PlainVault {
  const vault: PlainVault = {}
  const add = (table: string, ...parts: unknown[]) => {
    vault[table] ??= new Set()
    vault[table].add(parts.map((part) => (part === null ? '-' : String(part))).join('|'))
  }
  for (const { event_id, type, occurred_at: at, payload: p } of events) {
    add('nl_event', event_id, type, at)
    const product = p.product?.product_id ?? p.product_id
    if (p.user_id) add('h_user', p.user_id)
    if (p.session_id) add('h_session', p.session_id)
    if (p.order_id) add('h_order', p.order_id)
    if (p.campaign_id) add('h_campaign', p.campaign_id)
    if (product) add('h_product', product)
    if (p.session_id && p.user_id) add('l_session_user', p.session_id, p.user_id)
    if (type === 'signup' || type === 'user_profile') {
      add('s_user_names', p.user_id, at, p.name, p.email)
      add('s_user_profile', p.user_id, at, p.gender, p.birth_date, p.registered_at, p.language)
    }
    if (type === 'user_device') {
      add('s_session_device', p.session_id, at, p.device_type, p.os, p.browser, p.app_version)
    }
    if (type === 'user_location') {
      const place = `${tenth(p.lat)},${tenth(p.lon)}`
      add('h_location', place)
      add('l_session_location', p.session_id, place)
      if (p.city !== null || p.country !== null) {
        add('s_location_geo', place, hour(at), p.city, p.country, 'message')
      }
    }
    if (p.product) {
      const { category, name, price, currency } = p.product
      add('h_category', category)
      add('l_product_category', product, category)
      add('es_product_category', product, category, hour(at))
      add('s_product_names', product, hour(at), name, category)
      add('s_product_price', product, hour(at), price, currency)
    }
    if (type === 'campaign_event') add('s_campaign', p.campaign_id, hour(at), p.name, p.channel)
    if (type === 'order') {
      add('l_order_user', p.order_id, p.user_id)
      add('l_order_session', p.order_id, p.session_id)
      if (p.campaign_id) add('l_order_campaign', p.order_id, p.campaign_id)
      add('s_order_cost', p.order_id, at, p.cost, p.currency)
    }
    if (type === 'order_item') {
      add('l_order_product', p.order_id, p.line_no, product)
      add('s_order_line', p.order_id, p.line_no, product, at, p.quantity, p.unit_price)
    }
    if (type === 'order_status') add('s_order_status', p.order_id, p.at, p.status)
  }
  return vault
}
