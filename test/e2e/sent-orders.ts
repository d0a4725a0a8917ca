// Whole orders of source ehandel, sent beside the shop's own stream: some of them twice, some again with
// other content, some broken. What they are worth is summed up as they are sent.

import type { EngineAddresses } from '../../connections/engines/types.ts'
import { openEventLog } from '../../connections/event-log/index.ts'
import type { NewMessage } from '../../connections/event-log/types.ts'
import { declaredTopic } from '../../connections/topics.ts'

const { topic, partitions } = declaredTopic('order-service_orders')

export interface SentOrders {
  /** So many orders that count, and some messages that do not. */
  send(count: number): Promise<void>
  /** Kronor of all orders that count. */
  worth(): string
  /** Messages that do not count: repeated, in conflict, broken. */
  refused(): number
  close(): Promise<void>
}

export function openSentOrders(addresses: EngineAddresses): SentOrders {
  const log = openEventLog(addresses)
  let count = 0
  let refused = 0
  /** Öre. */
  let worth = 0

  function messageOf(n: number, price: number): NewMessage {
    const order = {
      order_id: 100_000 + n,
      customer_id: 1 + (n % 50),
      // Products repeat within an order; they are lines of their own.
      order_details: [1, 2, 2].map((product, line) => ({
        product_id: product + (n % 20),
        product_name: `Vara ${product + (n % 20)}`,
        product_type: 'Kontorsmaterial',
        price_type: 'Styckpris',
        price: price / 100,
        quantity: line,
      })),
      order_time: `02/${String(1 + (n % 28)).padStart(2, '0')}/2024-14:34:28`,
    }
    const id = String(order.order_id)
    return {
      key: id,
      value: Buffer.from(JSON.stringify(order)),
      headers: { source: 'ehandel', event_id: id },
    }
  }

  return {
    async send(wanted) {
      await log.ensureTopics([{ topic, partitions }])
      const messages: NewMessage[] = []
      for (const end = count + Math.ceil(wanted); count < end; count++) {
        const price = 1_000 + (count % 97)
        const order = messageOf(count, price)
        messages.push(order)
        // Quantities are 0, 1 and 2.
        worth += 3 * price
        const others = [
          ...(count % 5 === 0 ? [order] : []),
          ...(count % 7 === 0 ? [messageOf(count, price + 1)] : []),
          ...(count % 11 === 0 ? [{ ...order, value: Buffer.from('{"order_id": 1,') }] : []),
        ]
        messages.push(...others)
        refused += others.length
      }
      await log.append(topic, messages)
    },
    worth: () => `${Math.floor(worth / 100)}.${String(worth % 100).padStart(2, '0')}00`,
    refused: () => refused,
    close: () => log.close(),
  }
}
