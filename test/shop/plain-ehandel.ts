// Orders of source ehandel in their original shape, odd but valid ones among them, and what the facts and
// marts have to say of them: loops over the objects of the file, no SQL and none of the adapter's code.

import type { Random } from '../../generators/index.ts'

const ZONE = 'Europe/Stockholm'

export interface EhandelLine {
  product_id: number
  product_name: string
  product_type: string
  price_type: string
  price: number
  quantity: number
}

export interface EhandelOrder {
  order_id: number
  customer_id: number
  order_details: EhandelLine[]
  /** MM/DD/YYYY-HH:MM:SS, on the shop's wall. */
  order_time: string
}

const PRODUCTS: [string, string, string, number][] = [
  ['JavaBönor', 'Matvaror', 'Kilopris', 142],
  ['BrightViewSkrivbordslampa', 'Kontorsmaterial', 'Styckpris', 782],
  ['Räksmörgås "Lyx" 🦐', 'Matvaror', 'Styckpris', 89.9],
  ['Blåbär', 'Matvaror', 'Kilopris', 0.05],
  ['Tält, 4 personer', 'Fritid', 'Styckpris', 12_499],
]

/** Midnight from both sides, the hour that the clock has twice, the one that it skips, a leap day. */
const ODD_TIMES = [
  '02/27/2024-23:59:59',
  '02/28/2024-00:00:00',
  '02/29/2024-12:00:00',
  '03/31/2024-01:59:59',
  '03/31/2024-02:30:00',
  '03/31/2024-03:00:00',
  '10/27/2024-01:59:59',
  '10/27/2024-02:30:00',
  '10/27/2024-03:00:00',
  '10/27/2024-23:30:00',
]

export function oddEhandelOrders(random: Random, count: number, firstId = 100_001): EhandelOrder[] {
  return Array.from({ length: count }, (_, n) => {
    const lines = 1 + Math.floor(random.next() * 4)
    return {
      order_id: firstId + n,
      customer_id: 6_000 + Math.floor(random.next() * 9),
      order_details: Array.from({ length: lines }, () => {
        const id = Math.floor(random.next() * PRODUCTS.length)
        const [product_name, product_type, price_type, price] = PRODUCTS[id]!
        const quantity = Math.floor(random.next() * 5)
        return { product_id: id + 1, product_name, product_type, price_type, price, quantity }
      }),
      order_time:
        ODD_TIMES[n] ??
        `02/${String(26 + (n % 4)).padStart(2, '0')}/2024-${String(n % 24).padStart(2, '0')}:${String(n % 60).padStart(2, '0')}:07`,
    }
  })
}

/** Pretty-printed objects one after another, as the shop's producer writes them. */
export function ehandelFile(orders: readonly EhandelOrder[]): string {
  return orders.map((order) => `${JSON.stringify(order, null, 4)}\n`).join('')
}

/** The shop's wall time as an instant: the first that shows it; a skipped one is later by the gap. */
export function stockholmInstant(orderTime: string): Date {
  const [, month, day, year, time] = /^(\d\d)\/(\d\d)\/(\d{4})-(.*)$/.exec(orderTime)!
  const asUtc = Date.parse(`${year}-${month}-${day}T${time}Z`)
  const shown = new Intl.DateTimeFormat('sv-SE', {
    timeZone: ZONE,
    dateStyle: 'short',
    timeStyle: 'medium',
  })
  const wanted = `${year}-${month}-${day} ${time}`
  // Offsets of Stockholm are one hour and two: the greater one is the earlier instant.
  for (const hours of [2, 1]) {
    const instant = new Date(asUtc - hours * 3_600_000)
    if (shown.format(instant) === wanted) return instant
  }
  return new Date(asUtc - 3_600_000)
}

export interface PlainOrderLine {
  day: string
  ordered_at: string
  order_id: string
  line_no: number
  user_id: string
  product_id: string
  quantity: number
  unit_price: number
}

export interface PlainEhandel {
  accepted: EhandelOrder[]
  countDuplicates: number
  countConflicts: number
  lines: PlainOrderLine[]
  daily_sales_report: { day: string; orders: number; sales: number }[]
  daily_product_quantity: { day: string; product_id: string; quantity: number; sales: number }[]
}

export function plainEhandel(orders: readonly EhandelOrder[]): PlainEhandel {
  const accepted = new Map<number, EhandelOrder>()
  let countDuplicates = 0
  let countConflicts = 0
  for (const order of orders) {
    const first = accepted.get(order.order_id)
    if (first === undefined) accepted.set(order.order_id, order)
    else if (JSON.stringify(first) === JSON.stringify(order)) countDuplicates += 1
    else countConflicts += 1
  }
  const days = new Map<string, { orders: number; sales: number }>()
  const products = new Map<string, { quantity: number; sales: number }>()
  const lines: PlainOrderLine[] = []
  for (const order of accepted.values()) {
    const instant = stockholmInstant(order.order_time)
    const [month, date, year] = order.order_time.slice(0, 10).split('/')
    const day = `${year}-${month}-${date}`
    const ofDay = days.get(day) ?? { orders: 0, sales: 0 }
    days.set(day, ofDay)
    ofDay.orders += 1
    for (const [n, line] of order.order_details.entries()) {
      const sales = cents(line.price) * line.quantity
      ofDay.sales += sales
      const key = JSON.stringify([day, String(line.product_id)])
      const ofProduct = products.get(key) ?? { quantity: 0, sales: 0 }
      products.set(key, ofProduct)
      ofProduct.quantity += line.quantity
      ofProduct.sales += sales
      lines.push({
        day,
        ordered_at: instant.toISOString().replace('T', ' ').slice(0, 19),
        order_id: String(order.order_id),
        line_no: n + 1,
        user_id: String(order.customer_id),
        product_id: String(line.product_id),
        quantity: line.quantity,
        unit_price: line.price,
      })
    }
  }
  const byKey = <T>([a]: [string, T], [b]: [string, T]) => (a < b ? -1 : 1)
  return {
    accepted: [...accepted.values()],
    countDuplicates,
    countConflicts,
    lines,
    daily_sales_report: [...days].sort(byKey).map(([day, { orders: n, sales }]) => ({
      day,
      orders: n,
      sales: sales / 100,
    })),
    daily_product_quantity: [...products].sort(byKey).map(([key, { quantity, sales }]) => {
      const [day, product_id] = JSON.parse(key) as [string, string]
      return { day, product_id, quantity, sales: sales / 100 }
    }),
  }
}

const cents = (price: number) => Math.round(price * 100)
