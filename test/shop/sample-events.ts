// One plain event of every kind that source terrace sends, to be bent by the tests.

export type Kind = keyof typeof payloads

export interface SampleEvent {
  event_id: string
  type: string
  source: string
  schema_version: number
  occurred_at: string
  payload: Record<string, unknown>
}

const profile = {
  user_id: 'user-1',
  email: 'user-1@shop.example',
  name: 'Ada Yılmaz',
  gender: null,
  birth_date: '1990-02-28',
  registered_at: '2025-06-01T08:00:00Z',
  language: 'tr',
}
const inSession = { session_id: 'session-1', user_id: 'user-1' }
const behaviour = {
  ...inSession,
  product: {
    product_id: 'product-1',
    name: 'Güzel Çay',
    category: 'grocery',
    price: 12.5,
    currency: 'EUR',
  },
  quantity: 1,
  platform: 'desktop',
  weather: null,
}
const session = { ...inSession, campaign_id: null, referrer: null }

const payloads = {
  signup: profile,
  user_profile: profile,
  user_device: {
    ...inSession,
    device_type: 'mobile',
    os: 'Android',
    browser: 'Chrome',
    app_version: null,
  },
  user_location: { ...inSession, lat: 41.01, lon: 28.98, city: null, country: null },
  session_start: session,
  session_end: session,
  view: behaviour,
  cart: behaviour,
  purchase: behaviour,
  campaign_event: {
    campaign_id: 'campaign-1',
    name: 'Spring',
    channel: 'email',
    action: 'click',
    cost: 0.25,
    currency: 'EUR',
    user_id: null,
    session_id: null,
  },
  order: {
    ...inSession,
    order_id: 'order-1',
    campaign_id: null,
    currency: 'EUR',
    cost: 25,
  },
  order_item: {
    order_id: 'order-1',
    line_no: 1,
    product_id: 'product-1',
    quantity: 2,
    unit_price: 12.5,
  },
  order_status: { order_id: 'order-1', status: 'OPEN', at: '2026-01-01T12:00:00Z' },
}
export const KINDS = Object.keys(payloads) as Kind[]

export const eventId = (n: number) => `00000000-0000-8000-8000-${String(n).padStart(12, '0')}`

export function sampleEvent(
  kind: Kind,
  n: number,
  changes: { at?: string; payload?: Record<string, unknown> } = {},
): SampleEvent {
  return {
    event_id: eventId(n),
    type: kind,
    source: 'terrace',
    schema_version: 1,
    occurred_at: changes.at ?? '2026-01-01T12:00:00.000Z',
    payload: { ...structuredClone(payloads[kind]), ...changes.payload },
  }
}

/** The message with one field written as given, digits and escapes included. */
export function withField(event: object, path: string, raw: string): string {
  const copy = structuredClone(event) as unknown as Record<string, unknown>
  const keys = path.split('.')
  let parent = copy
  for (const key of keys.slice(0, -1)) parent = parent[key] as Record<string, unknown>
  parent[keys.at(-1)!] = '@@'
  return JSON.stringify(copy).replace('"@@"', () => raw)
}
