// What one line of the ehandel shop's product list says of a product.

import { readPythonTuple, TupleError } from '../reading/python-tuple.ts'

export interface ProductTuple {
  name: string
  type: string
  priceKind: string
  /** Decimal text. */
  price: string
  /** Units that were there before the first sale, as decimal text. */
  openingStock: string
}

const DECIMAL = /^\d{1,15}(\.\d{1,4})?$/
const LONGEST_TEXT = 1_000

/** @throws TupleError that says what is wrong with the line */
export function readProductTuple(text: string): ProductTuple {
  const items = readPythonTuple(text)
  if (items.length !== 5) {
    throw new TupleError(
      `it has ${items.length} items, and 5 are needed: name, type, price kind, price, opening stock`,
    )
  }
  const [name, type, priceKind, price, openingStock] = items.map((item) => item.trim()) as [
    string,
    string,
    string,
    string,
    string,
  ]
  for (const [what, value] of Object.entries({ name, type, 'price kind': priceKind })) {
    if (
      value === '' ||
      value.length > LONGEST_TEXT ||
      value.includes('\0') ||
      !value.isWellFormed()
    ) {
      throw new TupleError(
        `the ${what} must be 1 to ${LONGEST_TEXT} characters of whole Unicode without NUL`,
      )
    }
  }
  if (!DECIMAL.test(price)) {
    throw new TupleError(
      `the price ${JSON.stringify(price.slice(0, 40))} is no amount of 0 or more`,
    )
  }
  if (!DECIMAL.test(openingStock)) {
    throw new TupleError(
      `the opening stock ${JSON.stringify(openingStock.slice(0, 40))} is no number of 0 or more`,
    )
  }
  return { name, type, priceKind, price, openingStock }
}
