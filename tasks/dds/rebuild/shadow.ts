// The second vault that a rebuild fills: copies of the tables that messages feed, in schema dds_next,
// and the statements of sql/ pointed at them. Everything else of dds is used as it is: functions,
// reference tables, answers of providers, what the marts hold.
//
// The tables are copied from those that are there, not made from the DDL files: what a file did is in
// them, and a file may touch other schemas too.

import { inTransaction, type Pool, type PoolClient } from '../../../connections/postgres.ts'
import { sqlFile } from '../../../connections/sql-file.ts'
import { raiseFence } from '../../../connections/warehouse-fence.ts'
import type { TaskContext } from '../../../orchestrator/sdk/index.ts'
import { targets } from '../load-targets.ts'

export const SHADOW = 'dds_next'
/** The vault that was swapped out, until it is dropped. */
export const FORMER = 'dds_old'

/** What the messages of loads that are not finished say. */
export const STAGE_TABLES: readonly string[] = [
  'stage_event',
  'stage_order',
  'stage_order_line',
  'stage_order_status',
  'stage_product',
]

export const REBUILT_TABLES: readonly string[] = [
  ...Object.values(targets).flat(),
  ...STAGE_TABLES,
  'load',
  'load_day',
  'load_key',
]
/** Of raw; what the rebuild refuses and counts as repeated is kept aside until the swap. */
const KEPT_ASIDE = ['quarantine', 'duplicate']

const names = new RegExp(
  `\\bdds\\.(${REBUILT_TABLES.join('|')})\\b|\\braw\\.(${KEPT_ASIDE.join('|')})\\b`,
  'g',
)

/** The statement with the tables of the second vault in place of those of the first. */
export function inShadow(sql: string): string {
  return sql.replace(
    names,
    (_, rebuilt?: string, aside?: string) => `${SHADOW}.${rebuilt ?? aside}`,
  )
}

/** Text of a file below sql/dds/, pointed at the second vault. */
export async function shadowSql(path: string): Promise<string> {
  return inShadow(await sqlFile(`dds/${path}.sql`))
}

/** Takes up what an earlier attempt of this run filled, or begins anew. */
export async function openShadow(warehouse: Pool, context: TaskContext): Promise<void> {
  await inTransaction(warehouse, async (client) => {
    await raiseFence(client, context.fence)
    const { rows } = await client.query<{ run_id: string | null }>(
      `select obj_description(to_regnamespace($1), 'pg_namespace') as run_id`,
      [SHADOW],
    )
    if (rows[0]?.run_id === context.runId) return
    // A replay is over before the rebuild reads what was replayed; the next one sees the schema.
    await client.query('lock table dds.stage_event in share row exclusive mode')
    await client.query(`drop schema if exists ${SHADOW}, ${FORMER} cascade`)
    await client.query(`create schema ${SHADOW}`)
    await client.query(`comment on schema ${SHADOW} is ${client.escapeLiteral(context.runId)}`)
    await copyTables(client)
  })
}

async function copyTables(client: PoolClient): Promise<void> {
  for (const table of REBUILT_TABLES) {
    await client.query(
      `create table ${SHADOW}.${table} (like dds.${table} including all excluding indexes)`,
    )
  }
  for (const table of KEPT_ASIDE) {
    await client.query(`create table ${SHADOW}.${table} (like raw.${table} including all)`)
  }
  const { rows } = await client.query<{ statement: string }>(
    await sqlFile('dds/rebuild/table_parts.sql'),
    [REBUILT_TABLES],
  )
  for (const { statement } of rows) await client.query(inShadow(statement))
  for (const hub of REBUILT_TABLES.filter((table) => table.startsWith('h_'))) {
    await client.query(
      `insert into ${SHADOW}.${hub} select * from dds.${hub} where record_source = 'ghost'`,
    )
  }
}
