// Puts the second vault in the place of the first, in one transaction: a reader sees the old vault or
// the new one, in every table of its statement.
//
// The tables are locked before they move, so that no statement finds one of them before the swap and
// another one after it. Views and functions are bound to the old tables and are bound anew.

import { inTransaction, type Pool, type PoolClient } from '../../../connections/postgres.ts'
import { sqlFile } from '../../../connections/sql-file.ts'
import { raiseFence } from '../../../connections/warehouse-fence.ts'
import { failpoint } from '../../../orchestrator/sdk/failpoint.ts'
import { FailTask, RetryLater, type TaskContext } from '../../../orchestrator/sdk/index.ts'
import { RULE_VERSION } from '../../messages/rejection.ts'
import { FORMER, REBUILT_TABLES, SHADOW } from './shadow.ts'

/**
 * Shorter than the second after which Postgres looks for deadlocks: it is never a reader who has to
 * give up, always the swap, which tries again.
 */
const LOCK_MS = 800
const ATTEMPTS = 300
const PAUSE_MS = 500
const STATEMENT_TIMEOUT = '57014'

/** false when loads were staged meanwhile, which have to be repeated first. */
export async function swapVault(warehouse: Pool, context: TaskContext): Promise<boolean> {
  await analyze(warehouse)
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    context.signal.throwIfAborted()
    const outcome = await inTransaction(warehouse, (client) => trySwap(client, context)).catch(
      (error: Error & { code?: string }) => {
        if (error.code === STATEMENT_TIMEOUT) return 'busy' as const
        throw error
      },
    )
    failpoint('rebuild_vault.after_swap')
    if (outcome === 'swapped') await dropFormer(warehouse)
    if (outcome !== 'busy') return outcome === 'swapped'
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
  throw new RetryLater(
    '1m',
    'The rebuilt vault is ready, but readers held the tables of the old one for minutes. The next ' +
      'attempt goes on with it; end long queries on schema dds.',
  )
}

async function analyze(warehouse: Pool): Promise<void> {
  for (const table of REBUILT_TABLES) await warehouse.query(`analyze ${SHADOW}.${table}`)
}

async function trySwap(
  client: PoolClient,
  context: TaskContext,
): Promise<'swapped' | 'loads_missing'> {
  await raiseFence(client, context.fence)
  // Names in the definitions of views and functions are written with their schema.
  await client.query('set local search_path = pg_catalog')
  const { rows: dependents } = await client.query<{ view_name: string | null; statement: string }>(
    await sqlFile('dds/rebuild/dependents.sql'),
    [REBUILT_TABLES],
  )
  const views = dependents.flatMap(({ view_name }) => view_name ?? [])
  await lockTables(client, [...views, ...REBUILT_TABLES.map((table) => `dds.${table}`)])
  await refuseChangedTables(client)
  const missing = await client.query(await sqlFile('dds/rebuild/loads_to_repeat.sql'), [1])
  if (missing.rows.length > 0) return 'loads_missing'

  await client.query(await sqlFile('dds/rebuild/carry_over.sql'))
  await client.query(
    `select setval(
       pg_get_serial_sequence($1, 'load_id'),
       greatest((select max(load_id) from ${SHADOW}.load), nextval(pg_get_serial_sequence('dds.load', 'load_id')))
     )`,
    [`${SHADOW}.load`],
  )
  await client.query(await sqlFile('dds/rebuild/note_rebuild.sql'), [RULE_VERSION])
  await client.query(await sqlFile('dds/rebuild/replace_duplicates.sql'))
  await client.query(await sqlFile('dds/rebuild/replace_quarantine.sql'))
  await client.query(`drop table ${SHADOW}.duplicate, ${SHADOW}.quarantine`)

  await client.query(`create schema ${FORMER}`)
  for (const table of REBUILT_TABLES) {
    await client.query(`alter table dds.${table} set schema ${FORMER}`)
    await client.query(`alter table ${SHADOW}.${table} set schema dds`)
  }
  for (const { statement } of dependents) await client.query(statement)
  await client.query(`drop schema ${SHADOW}`)
  failpoint('rebuild_vault.before_swap_commit')
  return 'swapped'
}

async function lockTables(client: PoolClient, tables: readonly string[]): Promise<void> {
  await client.query(`set local statement_timeout = ${LOCK_MS}`)
  await client.query(`lock table ${tables.join(', ')} in access exclusive mode`)
  await client.query('set local statement_timeout = 0')
}

async function refuseChangedTables(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ table_name: string; column_name: string }>(
    await sqlFile('dds/rebuild/changed_columns.sql'),
    [REBUILT_TABLES, SHADOW],
  )
  if (rows.length === 0) return
  const columns = rows.map((row) => `dds.${row.table_name}.${row.column_name}`).join(', ')
  throw new FailTask(
    `${columns}: changed by a migration while the vault was rebuilt. Trigger the rebuild again: ` +
      `terrace dags trigger raw_to_dds --conf '{"rebuild": true}'.`,
  )
}

/** A vault that was swapped out and is still there is dropped by the next rebuild. */
async function dropFormer(warehouse: Pool): Promise<void> {
  await warehouse.query(`drop schema if exists ${FORMER} cascade`)
}
