// A synthetic order and a synthetic product list of the ehandel shop. Both draw from the same products, so
// a sample of orders fits a sample of the list.

import type { Random } from '../../../generators/index.ts'

interface Ware {
  name: string
  type: string
  priceKind: string
  price: number
}

const KINDS: [type: string, priceKind: string, names: string[]][] = [
  ['Matvaror', 'Kilopris', ['JavaBönor', 'Ångströmsäpplen', 'RubySylt', 'Pythonägg']],
  ['Kontorsmaterial', 'Styckpris', ['BrightViewSkrivbordslampa', 'Häftapparat', "O'Reillypärm"]],
  ['Kläder', 'Styckpris', ['Ullsockor', 'Regnjacka "Göteborg"', 'Mössa']],
]
const FIRST_ORDER = 100_001
const FIRST_SECOND = Date.UTC(2024, 1, 27) / 1_000
const SECONDS_BETWEEN = 240

/** A product by its number from 1; the same for ever. */
export function wareAt(number: number): Ware {
  const [type, priceKind, names] = KINDS[number % KINDS.length]!
  const name = names[Math.floor(number / KINDS.length) % names.length]!
  return { name: `${name} ${number}`, type, priceKind, price: 15 + ((number * 7_919) % 1_900) }
}

export const COUNT_WARES = 60

/** The order that comes as number `n` from 0. */
export function drawOrder(random: Random, n: number): object {
  const lines = Array.from({ length: random.between(1, 4) }, () => {
    const number = random.between(1, COUNT_WARES)
    const { name, type, priceKind, price } = wareAt(number)
    return {
      product_id: number,
      product_name: name,
      product_type: type,
      price_type: priceKind,
      price,
      // Nothing was in stock.
      quantity: random.chance(0.03) ? 0 : random.between(1, 6),
    }
  })
  const second = FIRST_SECOND + n * SECONDS_BETWEEN + random.below(SECONDS_BETWEEN)
  const [date, time] = new Date(second * 1_000).toISOString().slice(0, 19).split('T')
  const [year, month, day] = date!.split('-')
  return {
    order_id: FIRST_ORDER + n,
    customer_id: random.between(1_000, 9_999),
    order_details: lines,
    order_time: `${month}/${day}/${year}-${time}`,
  }
}
