// What follows a filled cart: the order, its items, and its statuses as they come in over the next
// hour and a half, or a day later.

import { fromMinorUnits, type Product, toMinorUnits } from './catalogue.ts'
import type { Status, TimedEvent } from './events.ts'
import type { Random } from './random.ts'
import type { Shop } from './shop.ts'

export interface Line {
  product: Product
  quantity: number
}

export interface Basket {
  orderId: string
  userId: string
  sessionId: string
  campaignId: string | null
  at: number
  /** All in one currency. A product may stand in two lines. */
  lines: readonly Line[]
}

type Habits = Pick<Shop, 'cancelledShare' | 'nextDayShare' | 'reopenedShare' | 'otherCostShare'>

const MINUTE = 60_000
const DAY = 1_440 * MINUTE

export function generateOrder(random: Random, habits: Habits, basket: Basket): TimedEvent[] {
  const { orderId, userId, at, lines } = basket
  const order: TimedEvent = {
    at,
    key: userId,
    event: {
      type: 'order',
      payload: {
        order_id: orderId,
        user_id: userId,
        session_id: basket.sessionId,
        campaign_id: basket.campaignId,
        currency: lines[0]!.product.currency,
        cost: costOf(lines, random.chance(habits.otherCostShare) ? 0.9 : 1),
      },
    },
  }
  const items = lines.map<TimedEvent>(({ product, quantity }, index) => ({
    at,
    key: userId,
    event: {
      type: 'order_item',
      payload: {
        order_id: orderId,
        line_no: index + 1,
        product_id: product.product_id,
        quantity,
        unit_price: product.price,
      },
    },
  }))
  return [order, ...items, ...drawStatuses(random, habits, basket)]
}

function costOf(lines: readonly Line[], factor: number): number {
  const { currency } = lines[0]!.product
  const sum = lines.reduce(
    (total, { product, quantity }) => total + toMinorUnits(product.price, currency) * quantity,
    0,
  )
  return fromMinorUnits(Math.round(sum * factor), currency)
}

/** At most 85 minutes from OPEN to the last, 90 for one that is opened again; or a day more. */
function drawStatuses(random: Random, habits: Habits, { orderId, userId, at }: Basket) {
  const statuses: TimedEvent[] = []
  let time = at
  const add = (status: Status, flaw?: TimedEvent['flaw']) => {
    const payload = { order_id: orderId, status, at: new Date(time).toISOString() }
    const event = { type: 'order_status' as const, payload }
    statuses.push({ at: time, key: userId, event, ...(flaw && { flaw }) })
  }
  const wait = (from: number, to: number) => {
    time += random.between(from * MINUTE, to * MINUTE)
  }
  const isCancelled = random.chance(habits.cancelledShare)
  const isNextDay = random.chance(habits.nextDayShare)

  add('OPEN')
  wait(2, 15)
  if (!isCancelled || random.chance(0.5)) add('COOKING')
  wait(5, 25)
  if (!isCancelled) {
    add('DELIVERING')
    wait(10, 45)
  }
  if (isNextDay) time += DAY
  add(isCancelled ? 'CANCELLED' : 'CLOSED')
  if (!isCancelled && random.chance(habits.reopenedShare)) {
    wait(1, 5)
    add('OPEN', 'status_after_closed')
  }
  return statuses
}
