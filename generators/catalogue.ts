// What the shop sells: a fixed list per seed. Names carry letters beyond ASCII and prices stand in
// several currencies, one of them without minor units, because real shops have both. A product is
// sold in one currency, so an order of one market has one currency.

import { createRandom, type Random } from './random.ts'

export interface Product {
  product_id: string
  name: string
  category: string
  price: number
  currency: string
}

interface Category {
  things: readonly string[]
  /** Euros. */
  cheapest: number
  dearest: number
  /** How readily a product that was looked at goes into the cart. */
  appeal: number
}

const CATEGORIES: Record<string, Category> = {
  electronics: {
    things: ['Headphones', 'Keyboard', 'Monitor', 'Charger', 'Camera'],
    cheapest: 15,
    dearest: 900,
    appeal: 0.6,
  },
  home: {
    things: ['Lampe', 'Kettle', 'Yastık', 'Carpet', 'Vas'],
    cheapest: 8,
    dearest: 250,
    appeal: 0.9,
  },
  books: {
    things: ['Novel', 'Atlas', 'Сказки', 'Cookbook', 'Dictionary'],
    cheapest: 5,
    dearest: 40,
    appeal: 1.2,
  },
  sport: {
    things: ['Ball', 'Skidor', 'Yoga mat', 'Bottle', 'Gloves'],
    cheapest: 6,
    dearest: 180,
    appeal: 1,
  },
  grocery: {
    things: ['Coffee', 'Çay', 'Pasta', 'Honey', 'Мёд'],
    cheapest: 1.5,
    dearest: 20,
    appeal: 1.6,
  },
}
const ADJECTIVES = ['Plain', 'Bright', 'Small', 'Heavy', 'Quiet', 'Round', 'Blå', 'Güzel']
/** Units that a price of one euro becomes; a shop rounds these as it likes. */
const PRICE_LEVELS: Record<string, number> = {
  EUR: 1,
  USD: 1.1,
  TRY: 45,
  SEK: 11,
  JPY: 160,
  GBP: 0.9,
  PLN: 4.2,
}
const CURRENCY_OF: Record<string, string> = {
  TR: 'TRY',
  SE: 'SEK',
  GB: 'GBP',
  PL: 'PLN',
  JP: 'JPY',
  US: 'USD',
  AU: 'USD',
}

export function createCatalogue(seed: string, products: number): Product[] {
  const random = createRandom(seed, 'catalogue')
  const categories = Object.keys(CATEGORIES)
  const currencies = Object.keys(PRICE_LEVELS)
  return Array.from({ length: products }, (_, index) => {
    const category = random.pick(categories)
    const { things } = CATEGORIES[category]!
    const currency = currencies[index % currencies.length]!
    return {
      product_id: `product-${index + 1}`,
      name: `${random.pick(ADJECTIVES)} ${random.pick(things)} ${index + 1}`,
      category,
      price: drawPrice(random, CATEGORIES[category]!, currency),
      currency,
    }
  })
}

/** Cheap things are more common than dear ones: even on a logarithmic scale. */
function drawPrice(random: Random, { cheapest, dearest }: Category, currency: string): number {
  const price = cheapest * (dearest / cheapest) ** random.next() * PRICE_LEVELS[currency]!
  return fromMinorUnits(Math.round(price * minorUnits(currency)), currency)
}

/** What is offered to somebody in that country; a small catalogue may have nothing in its currency. */
export function createMarkets(catalogue: readonly Product[]): (country: string) => Product[] {
  const byCurrency = new Map<string, Product[]>()
  for (const product of catalogue) {
    const sold = byCurrency.get(product.currency) ?? []
    byCurrency.set(product.currency, [...sold, product])
  }
  const anywhere = byCurrency.get(catalogue[0]!.currency)!
  return (country) => byCurrency.get(CURRENCY_OF[country] ?? 'EUR') ?? anywhere
}

export function appealOf({ category }: Product): number {
  return CATEGORIES[category]!.appeal
}

/** Sums are made in minor units, because 0.1 + 0.2 is not 0.3. */
export function toMinorUnits(amount: number, currency: string): number {
  return Math.round(amount * minorUnits(currency))
}

export function fromMinorUnits(amount: number, currency: string): number {
  return amount / minorUnits(currency)
}

function minorUnits(currency: string): number {
  return currency === 'JPY' ? 1 : 100
}
