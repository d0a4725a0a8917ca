// The id that the marts carry. Watermarks and the ledger of migrations are keyed by it, so an empty
// ClickHouse put under a filled warehouse is loaded from the beginning, and one that was filled from
// another warehouse is refused.

import { randomUUID } from 'node:crypto'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import type { Queryable } from './postgres.ts'

export class MartsIdentityError extends Error {
  override name = 'MartsIdentityError'
}

interface Identity {
  marts_id: string
  warehouse_id: string
}

/**
 * Makes the id where it is missing; call under the migrations' lock.
 *
 * @throws MartsIdentityError when the marts belong to another warehouse.
 */
export async function ensureMartsIdentity(
  clickhouse: ClickHouseClient,
  warehouseId: string,
): Promise<string> {
  await clickhouse.command({
    query: `create table if not exists marts.identity (
      marts_id UUID comment 'Which marts these are',
      warehouse_id UUID comment 'Warehouse that fills them, warehouse.marker',
      created_at DateTime('UTC') default now() comment 'When they were made'
    ) engine = MergeTree order by marts_id comment 'One row: which marts these are'`,
  })
  const existing = await queryIdentity(clickhouse)
  if (existing !== undefined) return checkedId(existing, warehouseId)
  const martsId = randomUUID()
  await clickhouse.command({
    query: `insert into marts.identity (marts_id, warehouse_id)
      values ('${martsId}', '${warehouseId}')`,
  })
  return martsId
}

/** @throws MartsIdentityError when the marts were never migrated, or belong to another warehouse. */
export async function readMartsId({
  warehouse,
  clickhouse,
}: {
  warehouse: Queryable
  clickhouse: ClickHouseClient
}): Promise<string> {
  const identity = await queryIdentity(clickhouse).catch((cause: Error) => {
    if (!/UNKNOWN_TABLE|UNKNOWN_DATABASE|does not exist/.test(`${cause.message}`)) throw cause
    return undefined
  })
  if (identity !== undefined) return checkedId(identity, await readWarehouseId(warehouse))
  throw new MartsIdentityError(
    'The ClickHouse database "marts" carries no id: it was never migrated. Run `terrace db migrate` ' +
      'or the DAG init_clickhouse.',
  )
}

export async function readWarehouseId(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ warehouse_id: string }>(
    'select warehouse_id from warehouse.marker',
  )
  return rows[0]!.warehouse_id
}

function checkedId(identity: Identity, warehouseId: string): string {
  if (identity.warehouse_id === warehouseId) return identity.marts_id
  throw new MartsIdentityError(
    `The marts in ClickHouse are filled from warehouse ${identity.warehouse_id}, but this is warehouse ` +
      `${warehouseId}. Point CLICKHOUSE_URL (or WAREHOUSE_URL) at the store that belongs to it, or run ` +
      '`drop database marts` in ClickHouse and `terrace db migrate`: they are then filled anew.',
  )
}

async function queryIdentity(clickhouse: ClickHouseClient): Promise<Identity | undefined> {
  const result = await clickhouse.query({
    query: `select toString(marts_id) as marts_id, toString(warehouse_id) as warehouse_id
      from marts.identity
      order by created_at, marts_id`,
    format: 'JSONEachRow',
  })
  return (await result.json<Identity>())[0]
}

/** Clients of ours name the database in every request, so making it takes one that does not. */
export async function ensureMartsDatabase(clickhouseUrl: string): Promise<void> {
  const client = createClient({
    url: clickhouseUrl,
    application: 'terrace',
    log: { level: ClickHouseLogLevel.OFF },
  })
  try {
    await client.command({ query: 'create database if not exists marts' })
  } finally {
    await client.close()
  }
}
