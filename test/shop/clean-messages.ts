// Messages of the common model, staged as if an adapter had read them: what the vault makes of whole orders is
// not the matter of any one source.

import { copyRows } from '../../connections/copy-rows.ts'
import { inTransaction, type Pool } from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import { analyzeIncoming, createIncoming } from '../../tasks/dds/copy-incoming.ts'
import { acceptedRow, INCOMING_COLUMNS } from '../../tasks/dds/incoming.ts'
import {
  finishLoads,
  loadOrdersFromEvents,
  loadProductsAndCategories,
  upsertUsersFromRaw,
  validateAndLoadEvents,
} from '../../tasks/dds/index.ts'
import { holdJudging } from '../../tasks/dds/load-locks.ts'
import type { CleanMessage } from '../../tasks/messages/clean-message.ts'
import { nextContext } from './warehouse.ts'

const LOG = '00000000-0000-0000-0000-00000000c1ea'
let offset = 0

/** Stages them in one load; resolves with its id and how many were taken. */
export async function stageClean(
  pool: Pool,
  messages: readonly CleanMessage[],
  topic = 'order-service_orders',
): Promise<{ loadId: string; duplicates: number; quarantined: number }> {
  return inTransaction(pool, async (client) => {
    await createIncoming(client)
    const first = offset
    const rows = messages.map((message) =>
      acceptedRow(topic, { logId: LOG, partition: 0 }, String(offset++), message),
    )
    await copyRows(client, 'incoming', INCOMING_COLUMNS, [rows])
    await analyzeIncoming(client)
    await holdJudging(client)
    const { rows: loads } = await client.query(await sqlFile('dds/load/stage_event.sql'), [
      LOG,
      topic,
      JSON.stringify([[0, String(first), String(offset)]]),
      1,
    ])
    const [load] = loads
    return {
      loadId: load.load_id,
      duplicates: Number(load.count_duplicates),
      quarantined: Number(load.count_quarantined),
    }
  })
}

/** Takes staged loads to the vault and ends them. */
export async function loadStaged(loadIds: string[]): Promise<void> {
  const loads = { loadIds, countRaw: 0, countDuplicates: 0, countQuarantined: 0 }
  await Promise.all(
    [
      upsertUsersFromRaw,
      loadProductsAndCategories,
      loadOrdersFromEvents,
      validateAndLoadEvents,
    ].map((load) => load({ loads }, nextContext())),
  )
  await finishLoads({ loads }, nextContext())
}

export interface WholeOrder {
  source: string
  orderId: string
  /** Ids of orders are those of their messages unless a version has its own. */
  version?: number
  orderedAt: string
  updatedAt: string
  user: string
  lines: [product: string, quantity: number, price: string | null][]
}

/** A message that holds a whole order, which is a finished sale. */
export function wholeOrder(order: WholeOrder): CleanMessage {
  const { source, orderId, version, orderedAt, updatedAt, user, lines } = order
  return {
    source,
    eventId: version === undefined ? orderId : `${orderId}:${version}`,
    eventType: 'order',
    schemaVersion: 1,
    occurredAt: updatedAt,
    orderId,
    userId: user,
    currency: 'SEK',
    payload: '{}',
    canonical: JSON.stringify(order),
    order: { orderedAt, updatedAt, cost: null, currency: 'SEK', isWhole: true },
    lines: lines.map(([productId, quantity, unitPrice], at) => ({
      lineNo: at + 1,
      productId,
      quantity: String(quantity),
      unitPrice,
    })),
    statuses: [{ status: 'CLOSED', at: updatedAt }],
    products: lines.map(([productId, , price]) => ({
      productId,
      seenAt: updatedAt,
      name: `Name of ${productId}`,
      category: `category of "${productId}"`,
      price,
      currency: price === null ? null : 'SEK',
    })),
  }
}
