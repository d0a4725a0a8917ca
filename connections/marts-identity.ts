// The id that the marts carry. Watermarks and the ledger of migrations are keyed by it, so an empty
// ClickHouse put under a filled warehouse is loaded from the beginning, and one that was filled from
// another warehouse is refused.

import { randomUUID } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'

export class MartsIdentityError extends Error {
  override name = 'MartsIdentityError'
}

/** Makes the database and its id where they are missing; call under the migrations' lock. */
export async function ensureMartsIdentity(clickhouse: ClickHouseClient): Promise<string> {
  // `database` of the client may not exist yet: name another one for this statement.
  await clickhouse.command({
    query: 'create database if not exists marts',
    clickhouse_settings: {},
    http_headers: { 'X-ClickHouse-Database': 'default' },
  })
  await clickhouse.command({
    query: `create table if not exists marts.identity (
      marts_id UUID comment 'Which marts these are',
      created_at DateTime('UTC') default now() comment 'When they were made'
    ) engine = MergeTree order by marts_id comment 'One row: which marts these are'`,
  })
  const existing = await queryIdentity(clickhouse)
  if (existing !== undefined) return existing
  const martsId = randomUUID()
  await clickhouse.command({
    query: `insert into marts.identity (marts_id) values ('${martsId}')`,
  })
  return martsId
}

/** @throws MartsIdentityError when the marts were never migrated. */
export async function readMartsId(clickhouse: ClickHouseClient): Promise<string> {
  const martsId = await queryIdentity(clickhouse).catch((cause: Error) => {
    if (!/UNKNOWN_TABLE|UNKNOWN_DATABASE|doesn't exist|does not exist/.test(cause.message))
      throw cause
    return undefined
  })
  if (martsId !== undefined) return martsId
  throw new MartsIdentityError(
    'The ClickHouse database "marts" carries no id: it was never migrated. Run `terrace db migrate` ' +
      'or the DAG init_clickhouse.',
  )
}

async function queryIdentity(clickhouse: ClickHouseClient): Promise<string | undefined> {
  const result = await clickhouse.query({
    query:
      'select toString(marts_id) as marts_id from marts.identity order by created_at, marts_id',
    format: 'JSONEachRow',
  })
  const rows = await result.json<{ marts_id: string }>()
  return rows[0]?.marts_id
}
