// What the shop sells: a fixed list per seed. Names carry letters beyond ASCII and prices stand in
// several currencies, one of them without minor units, because real shops have both.

import { createRandom } from './random.ts'

export interface Product {
  product_id: string
  name: string
  category: string
  price: number
  currency: string
}

const CATEGORIES: Record<string, readonly string[]> = {
  electronics: ['Headphones', 'Keyboard', 'Monitor', 'Charger', 'Camera'],
  home: ['Lampe', 'Kettle', 'Yastık', 'Carpet', 'Vas'],
  books: ['Novel', 'Atlas', 'Сказки', 'Cookbook', 'Dictionary'],
  sport: ['Ball', 'Skidor', 'Yoga mat', 'Bottle', 'Gloves'],
  grocery: ['Coffee', 'Çay', 'Pasta', 'Honey', 'Мёд'],
}
const ADJECTIVES = ['Plain', 'Bright', 'Small', 'Heavy', 'Quiet', 'Round', 'Blå', 'Güzel']
const CURRENCIES = ['EUR', 'EUR', 'USD', 'TRY', 'SEK', 'JPY'] as const

export function createCatalogue(seed: string, products: number): Product[] {
  const random = createRandom(seed, 'catalogue')
  const categories = Object.keys(CATEGORIES)
  return Array.from({ length: products }, (_, index) => {
    const category = random.pick(categories)
    const currency = random.pick(CURRENCIES)
    const cents = 199 + random.below(60_000)
    return {
      product_id: `product-${index + 1}`,
      name: `${random.pick(ADJECTIVES)} ${random.pick(CATEGORIES[category]!)} ${index + 1}`,
      category,
      price: currency === 'JPY' ? cents : cents / 100,
      currency,
    }
  })
}
