// The product list of the ehandel shop: one Python tuple a line, (name, type, price kind, price, opening
// stock). A product's id is the number of its line, from 1.

import { isUtf8 } from 'node:buffer'
import { createRandom } from '../../generators/index.ts'
import { COUNT_WARES, wareAt } from './ehandel/draw-order.ts'
import { readProductTuple } from './ehandel/product-tuple.ts'
import { badRecord, type Format, NO_TOTALS } from './reading/format.ts'
import { TupleError } from './reading/python-tuple.ts'
import { NOT_KEPT } from './reading/read-json.ts'
import { splitLines } from './reading/split-lines.ts'

export const format: Format = {
  summary: 'the product list of the ehandel shop, one Python tuple a line',
  source: 'ehandel',
  target: { table: 'raw.file_rows' },
  takesTimestamp: false,
  async *read(bytes) {
    for await (const { number, bytes: line } of splitLines(bytes)) {
      if (line === null) yield badRecord(number, null, NOT_KEPT)
      // An empty line has a number too: the products behind it keep theirs.
      else if (line.toString('latin1').trim() !== '') yield readLine(number, line)
    }
  },
  product(line, bytes) {
    const { name, type, price } = readProductTuple(bytes.toString('utf8'))
    return { productId: String(line), name, category: type, price }
  },
  *sample(count, seed) {
    const random = createRandom(seed, 'ehandel-products')
    for (let number = 1; number <= count; number++) {
      const { name, type, priceKind, price } = wareAt(((number - 1) % COUNT_WARES) + 1)
      const items = [name, type, priceKind, String(price), String(random.between(1_000, 40_000))]
      yield `(${items.map(pythonString).join(', ')})\n`
    }
  },
}

function readLine(line: number, value: Buffer) {
  if (!isUtf8(value)) return badRecord(line, value, 'invalid_utf8: the bytes are not UTF-8')
  try {
    readProductTuple(value.toString('utf8'))
  } catch (error) {
    if (!(error instanceof TupleError)) throw error
    return badRecord(line, value, error.message)
  }
  const eventId = String(line)
  return { line, key: eventId, value, eventId, problem: null, canonical: null, totals: NO_TOTALS }
}

/** As Python prints a string: in single quotes, unless it holds some and no double ones. */
function pythonString(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  return `${quote}${text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`)}${quote}`
}
