import { describe, expect, it } from 'vitest'
import { validateMessage } from '../../tasks/messages/validate-message.ts'
import { ehandelOrder, lamp } from './ehandel-orders.ts'
import { withField } from './sample-events.ts'

const RECEIVED = new Date('2024-03-01T00:00:00Z')

function judged(value: string | Buffer | null) {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  return validateMessage({
    topic: 'order-service_orders',
    key: null,
    headers: { source: 'ehandel' },
    onlySource: null,
    value: bytes,
    bytes: bytes?.length ?? 0,
    receivedAt: RECEIVED,
  })
}

function accepted(value: string) {
  const verdict = judged(value)
  if ('reason' in verdict) throw new Error(`${verdict.reason}: ${verdict.detail}`)
  return verdict.message
}

const plain = JSON.stringify(ehandelOrder(1))
/** The order with a field written as given. */
const order = (field: string, raw: string) => withField(ehandelOrder(1), field, raw)
/** The order with a field of its only line written as given. */
const line = (field: string, raw: string) =>
  JSON.stringify(ehandelOrder(1, { order_details: [] })).replace(
    '[]',
    `[${withField(lamp, field, raw)}]`,
  )
const without = (field: string) => JSON.stringify({ ...ehandelOrder(1), [field]: undefined })
const nested = `${'['.repeat(100)}${']'.repeat(100)}`

describe('An order of ehandel', () => {
  it('is a whole order, closed, with its lines and products', () => {
    const text = JSON.stringify(
      ehandelOrder(446, {
        order_details: [
          lamp,
          { ...lamp, product_id: 3, product_name: 'Kaffe', product_type: 'Matvaror', price: 14.25 },
          { ...lamp, quantity: 0 },
        ],
      }),
      null,
      4,
    )
    const at = '2024-02-27T13:34:28.000000Z'
    const { payload, canonical, ...message } = accepted(text)
    expect(message).toEqual({
      source: 'ehandel',
      eventId: '100446',
      eventType: 'order',
      schemaVersion: 1,
      occurredAt: at,
      orderId: '100446',
      userId: '6757',
      currency: 'SEK',
      order: { orderedAt: at, updatedAt: at, cost: '3185.0000', currency: 'SEK', isWhole: true },
      lines: [
        { lineNo: 1, productId: '17', quantity: '4', unitPrice: '782' },
        { lineNo: 2, productId: '3', quantity: '4', unitPrice: '14.25' },
        { lineNo: 3, productId: '17', quantity: '0', unitPrice: '782' },
      ],
      statuses: [{ status: 'CLOSED', at }],
      products: [
        product('17', 'BrightViewSkrivbordslampa', 'Kontorsmaterial', '782'),
        product('3', 'Kaffe', 'Matvaror', '14.25'),
        product('17', 'BrightViewSkrivbordslampa', 'Kontorsmaterial', '782'),
      ],
    })
    expect(JSON.parse(payload)).toEqual(JSON.parse(text))

    function product(productId: string, name: string, category: string, price: string) {
      return { productId, seenAt: at, name, category, price, currency: 'SEK' }
    }
  })

  it('is the same whatever its white space and the order of its keys, and another with other content', () => {
    const { canonical } = accepted(plain)
    const turned = Object.fromEntries(Object.entries(ehandelOrder(1)).reverse())
    expect(accepted(JSON.stringify(turned, null, 2)).canonical).toBe(canonical)
    expect(accepted(line('quantity', '5')).canonical).not.toBe(canonical)
    expect(accepted(order('note', '1')).canonical).not.toBe(canonical)
  })

  it('costs nothing known when a line has no price', () => {
    const message = accepted(line('price', 'null'))
    expect(message.order?.cost).toBeNull()
    expect(message.lines).toMatchObject([{ unitPrice: null }])
  })

  it('costs to the cent what the lines cost, however large', () => {
    const lines = [
      { ...lamp, price: 0.1, quantity: 3 },
      { ...lamp, price: 0.2, quantity: 1 },
    ]
    const sum = accepted(JSON.stringify(ehandelOrder(1, { order_details: lines })))
    expect(sum.order?.cost).toBe('0.5000')
    expect(accepted(line('price', '249999999999999.75')).order?.cost).toBe('999999999999999.0000')
  })

  // What is sent, and why it is refused: the list that every source is held to.
  it.each<[string, string, string | Buffer | null]>([
    ['a tombstone', 'tombstone', null],
    ['no bytes', 'empty', ''],
    ['white space', 'empty', ' \n'],
    ['half a message', 'not_json', plain.slice(0, -3)],
    ['two orders in one message', 'not_json', `${plain}\n${plain}`],
    ['a list', 'wrong_type', `[${plain}]`],
    ['NaN', 'not_json', line('price', 'NaN')],
    ['Infinity', 'not_json', line('price', 'Infinity')],
    ['invalid UTF-8', 'invalid_utf8', Buffer.from([0x7b, 0xff])],
    ['a NUL byte', 'nul_character', `${plain}\0`],
    ['an escaped NUL', 'nul_character', line('product_name', '"a\\u0000"')],
    ['a lone surrogate', 'lone_surrogate', line('product_name', '"\\ud800"')],
    ['a duplicate key', 'duplicate_key', order('order_id', '1,"order_id":2')],
    ['__proto__', 'forbidden_key', order('customer_id', '1,"__proto__":{}')],
    ['too much depth', 'too_deep', order('extra', nested)],
    ['a huge string', 'string_too_long', order('extra', `"${'x'.repeat(20_000)}"`)],
    ['a long product name', 'string_too_long', line('product_name', `"${'x'.repeat(1_001)}"`)],
    ['a huge array', 'array_too_long', order('extra', `[${'1,'.repeat(10_000)}1]`)],
    ['a huge message', 'too_large', order('extra', `"${'x'.repeat(300_000)}"`)],
    ['an id beyond 2^53', 'number_out_of_range', order('order_id', '9007199254740993')],
    ['an id beyond int8', 'number_out_of_range', order('order_id', '9223372036854775808')],
    ['a price of 1e400', 'number_out_of_range', line('price', '1e400')],
    ['a price with an exponent', 'bad_value', line('price', '1e2')],
    ['a price of 16 digits', 'number_out_of_range', line('price', '1000000000000000')],
    ['lines that cost too much', 'number_out_of_range', line('price', '250000000000000')],
    ['an öre and a half', 'too_many_decimals', line('price', '1.005')],
    ['a negative price', 'negative_price', line('price', '-1')],
    ['a price of -0', 'negative_price', line('price', '-0')],
    ['a price as text', 'wrong_type', line('price', '"782"')],
    ['no order id', 'missing_field', without('order_id')],
    ['an order id of null', 'missing_field', order('order_id', 'null')],
    ['an order id as text', 'wrong_type', order('order_id', '"100001"')],
    ['an empty order id', 'wrong_type', order('order_id', '""')],
    ['an order id with a fraction', 'wrong_type', order('order_id', '1.5')],
    ['a negative order id', 'bad_value', order('order_id', '-1')],
    ['an order id of -0', 'wrong_type', order('order_id', '-0')],
    ['no customer', 'missing_field', without('customer_id')],
    ['a negative customer', 'bad_value', order('customer_id', '-6757')],
    ['no product', 'missing_field', line('product_id', 'null')],
    ['no lines', 'missing_field', without('order_details')],
    ['an empty list of lines', 'empty_list', order('order_details', '[]')],
    ['lines that are no list', 'wrong_type', order('order_details', '{}')],
    ['a line that is no object', 'wrong_type', order('order_details', '[17]')],
    ['no quantity', 'missing_field', line('quantity', 'null')],
    ['a quantity of -1', 'bad_quantity', line('quantity', '-1')],
    ['a quantity of 2.5', 'wrong_type', line('quantity', '2.5')],
    ['a quantity of -0', 'wrong_type', line('quantity', '-0')],
    ['a quantity of 1000001', 'bad_quantity', line('quantity', '1000001')],
    ['a look-alike category', 'lookalike_id', line('product_type', '"Mat\\u200bvaror"')],
    ['an empty category', 'empty_id', line('product_type', '" "')],
    ['no time', 'missing_field', without('order_time')],
    ['a time that is a number', 'wrong_type', order('order_time', '1709040868')],
    ['the day before the month', 'bad_time', order('order_time', '"27/02/2024-14:34:28"')],
    ['a time with a zone', 'bad_time', order('order_time', '"2024-02-27T14:34:28Z"')],
    ['30 February', 'bad_time', order('order_time', '"02/30/2024-14:34:28"')],
    ['year 99999', 'bad_time', order('order_time', '"02/27/99999-14:34:28"')],
    ['a time before 1970', 'before_1970', order('order_time', '"01/01/1970-00:30:00"')],
    ['a time before the source', 'too_old', order('order_time', '"12/31/1999-23:59:59"')],
    ['a time yet to come', 'in_the_future', order('order_time', '"03/01/2024-01:10:01"')],
  ])('with %s is refused as %s', (_what, reason, message) => {
    expect(judged(message)).toMatchObject({ reason })
  })

  it('says where it is wrong, and what is allowed', () => {
    expect(judged(line('quantity', '-1'))).toMatchObject({
      detail: 'order_details[0].quantity: found -1, 0 to 1000000 are allowed.',
    })
    expect(judged(order('order_time', '"27/02/2024-14:34:28"'))).toMatchObject({
      detail: 'order_time: found "27/02/2024-14:34:28", there is no such date, time or zone.',
    })
  })

  it('may run ten minutes ahead of the log, by the clock of the shop', () => {
    expect(accepted(order('order_time', '"03/01/2024-01:10:00"')).occurredAt).toBe(
      '2024-03-01T00:10:00.000000Z',
    )
  })
})
