// Finished sales of the ehandel shop: JSON objects one after another in a file, mostly pretty-printed. The
// shop delivers the same order more than once.

import { createRandom } from '../../generators/index.ts'
import { canonicalJson, type StrictObject } from '../messages/strict-json.ts'
import { drawOrder } from './ehandel/draw-order.ts'
import { ExactSum } from './reading/exact-sum.ts'
import { badRecord, type FileRecord, type Format, type RecordTotals } from './reading/format.ts'
import { idOf, numberOf, objectOf, readObject } from './reading/read-json.ts'
import { type Piece, splitObjects } from './reading/split-objects.ts'

export const format: Format = {
  summary: 'orders of the ehandel shop, JSON objects one after another, pretty-printed or not',
  source: 'ehandel',
  target: { topic: 'order-service_orders' },
  takesTimestamp: false,
  async *read(bytes) {
    for await (const piece of splitObjects(bytes)) yield readPiece(piece)
  },
  *sample(count, seed) {
    const random = createRandom(seed, 'ehandel-orders')
    for (let n = 0; n < count; n++) yield `${JSON.stringify(drawOrder(random, n), null, 4)}\n`
  },
}

const CURRENCY = 'SEK'

function readPiece({ line, bytes, problem }: Piece): FileRecord {
  if (problem !== null) return badRecord(line, bytes, problem)
  const read = readObject(bytes)
  if ('problem' in read) return badRecord(line, bytes, read.problem)
  const { object } = read
  const orderId = idOf(object.get('order_id'))
  if (orderId === null) {
    return badRecord(line, bytes, 'missing_field: order_id is no whole number')
  }
  return {
    line,
    key: orderId,
    value: bytes,
    eventId: orderId,
    problem: null,
    canonical: canonicalJson(object),
    totals: totalsOf(object),
  }
}

function totalsOf(order: StrictObject): RecordTotals {
  const details = order.get('order_details')
  const units = new ExactSum()
  const amount = new ExactSum()
  let isPriced = true
  for (const detail of Array.isArray(details) ? details : []) {
    const line = objectOf(detail)
    const quantity = numberOf(line.get('quantity')) ?? '0'
    const price = numberOf(line.get('price'))
    units.add(quantity)
    if (price === null) isPriced = false
    else amount.add(price, quantity)
  }
  const money = isPriced ? { currency: CURRENCY, amount: amount.toString() } : null
  return { orders: 1, units: units.toString(), money }
}
