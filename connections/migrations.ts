// Brings the warehouse and the marts forward: numbered .sql files of sql/<layer>/ddl, each applied
// once, under one advisory lock, so that several processes may try at the same time. A file is a
// transaction of its own: one that reads a large table holds no lock of the file before it.
//
// The ledger of the marts is in Postgres too, keyed by the id that the marts carry: another
// ClickHouse under the same warehouse has another id and is filled from nothing, never in part.

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Connections } from './index.ts'
import { ensureMartsDatabase, ensureMartsIdentity, readWarehouseId } from './marts-identity.ts'
import type { Pool, PoolClient } from './postgres.ts'
import { seedSources } from './seed-sources.ts'
import { listSqlFiles, sqlFile, sqlPath } from './sql-file.ts'
import { declaredTopics } from './topics.ts'

const BOOTSTRAP = 'warehouse/bootstrap.sql'
/** The orchestrator alone, as the package has it, comes without a warehouse. */
const hasWarehouse = existsSync(sqlPath(BOOTSTRAP))
const warehouseLayers = ['warehouse', 'raw', 'dds'] as const

export class MigrationError extends Error {
  override name = 'MigrationError'
}

export interface MigrationResult {
  /** Files applied now, such as `dds/ddl/0003_vault.sql`. */
  applied: string[]
  /** What people have to do now, a text each. */
  notes: string[]
}

export interface MigrateWarehouseOptions {
  /** Migrate a database that holds tables of somebody else. */
  yes?: boolean
}

interface Migration {
  name: string
  text: string
  checksum: string
}

/**
 * @throws MigrationError when the database is not ours, or a file that was applied has changed;
 *   SourceRulesError when sources.json is wrong
 */
export async function migrateWarehouse(
  { warehouse }: Pick<Connections, 'warehouse'>,
  { yes = false }: MigrateWarehouseOptions = {},
): Promise<MigrationResult> {
  if (!hasWarehouse) return { applied: [], notes: [] }
  const topics = declaredTopics()
  return withLock(warehouse, async (client) => {
    await transaction(client, () => prepareLedger(client, yes))
    const applied: string[] = []
    for (const layer of warehouseLayers) {
      await client.query(`create schema if not exists ${layer}`)
      for (const migration of await pending(client, 'warehouse', layer)) {
        await transaction(client, async () => {
          await apply(migration.name, () => client.query(migration.text))
          await record(client, 'warehouse', migration)
        })
        applied.push(migration.name)
      }
    }
    for (const { topic } of topics) await addTopic(client, topic)
    return { applied, notes: await transaction(client, () => seedSources(client)) }
  })
}

async function addTopic(client: PoolClient, topic: string): Promise<void> {
  try {
    await transaction(client, () => client.query('select raw.add_topic($1)', [topic]))
  } catch (error) {
    const { message, hint } = error as Error & { hint?: string }
    throw new MigrationError([message, hint].filter(Boolean).join(' '), { cause: error })
  }
}

/** Needs a migrated warehouse: the ledger is there. */
export async function migrateMarts({
  warehouse,
  clickhouse,
  addresses,
}: Pick<Connections, 'warehouse' | 'clickhouse' | 'addresses'>): Promise<MigrationResult> {
  if (!hasWarehouse) return { applied: [], notes: [] }
  // ClickHouse has no transactions: each file is recorded at once, and its statements are written
  // so that a file which stopped half-way can run again.
  return withLock(warehouse, async (client) => {
    await ensureMartsDatabase(addresses.clickhouseUrl)
    const martsId = await ensureMartsIdentity(clickhouse, await readWarehouseId(client))
    const applied: string[] = []
    for (const migration of await pending(client, martsId, 'marts')) {
      for (const statement of splitStatements(migration.text)) {
        await apply(migration.name, () => clickhouse.command({ query: statement }))
      }
      await record(client, martsId, migration)
      applied.push(migration.name)
    }
    return { applied, notes: [] }
  })
}

async function withLock<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query(`select pg_advisory_lock(hashtext('terrace warehouse ddl'))`)
    return await work(client)
  } finally {
    await client
      .query(`select pg_advisory_unlock(hashtext('terrace warehouse ddl'))`)
      .catch((error: Error) => {
        broken = error
      })
    client.release(broken)
  }
}

async function transaction<T>(client: PoolClient, work: () => Promise<T>): Promise<T> {
  await client.query('begin')
  try {
    const result = await work()
    await client.query('commit')
    return result
  } catch (error) {
    // Whoever unlocks finds out whether the connection is gone.
    await client.query('rollback').catch(() => {})
    throw error
  }
}

async function prepareLedger(client: PoolClient, yes: boolean): Promise<void> {
  const { rows: marker } = await client.query<{ exists: boolean }>(
    `select to_regclass('warehouse.marker') is not null as exists`,
  )
  if (marker[0]?.exists) return
  if (!yes) await refuseForeignTables(client)
  await client.query(await sqlFile(BOOTSTRAP))
}

/** Tables of the orchestrator, its queue and its log may stand beside the warehouse. */
async function refuseForeignTables(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name
     from pg_class as c
     join pg_namespace as n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm')
       and n.nspname !~ '^pg_'
       and n.nspname not in ('information_schema', 'terrace', 'event_log', 'bullmq')
       and not exists (
         select from pg_depend as d where d.objid = c.oid and d.deptype = 'e'
       )
     order by name
     limit 4`,
  )
  if (rows.length === 0) return
  const names = rows.slice(0, 3).map((row) => row.name)
  const more = rows.length > 3 ? ' and more' : ''
  throw new MigrationError(
    `The warehouse database is not empty and carries no marker of Terrace: it holds ` +
      `${names.join(', ')}${more}. Point WAREHOUSE_URL (or DATABASE_URL) at an empty database, or ` +
      'run `terrace db migrate --yes` to add the warehouse beside these tables.',
  )
}

async function pending(client: PoolClient, store: string, layer: string): Promise<Migration[]> {
  const { rows } = await client.query<{ name: string; checksum: string }>(
    'select name, checksum from warehouse.migration where store = $1',
    [store],
  )
  const recorded = new Map(rows.map((row) => [row.name, row.checksum]))
  const todo: Migration[] = []
  for (const migration of await readMigrations(layer)) {
    const checksum = recorded.get(migration.name)
    if (checksum === undefined) todo.push(migration)
    else if (checksum !== migration.checksum) {
      throw new MigrationError(
        `sql/${migration.name} was changed after it had been applied. Restore the file and put the ` +
          'change into a new one with the next number.',
      )
    }
  }
  return todo
}

async function readMigrations(layer: string): Promise<Migration[]> {
  const names = (await listSqlFiles(`${layer}/ddl`)).filter((name) => /\/\d{4}_[^/]+$/.test(name))
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(sqlPath(name), 'utf8')
      const checksum = createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex')
      return { name, text, checksum }
    }),
  )
}

async function record(client: PoolClient, store: string, migration: Migration): Promise<void> {
  await client.query(
    'insert into warehouse.migration (store, name, checksum) values ($1, $2, $3)',
    [store, migration.name, migration.checksum],
  )
}

async function apply(name: string, run: () => Promise<unknown>): Promise<void> {
  try {
    await run()
  } catch (error) {
    throw new MigrationError(`sql/${name} failed: ${(error as Error).message}`, { cause: error })
  }
}

/** ClickHouse takes one statement a request. Ours end with a semicolon at the end of a line. */
function splitStatements(text: string): string[] {
  return text
    .split(/;[ \t]*(?:\r?\n|$)/)
    .filter((statement) => statement.replace(/^\s*--.*$/gm, '').trim() !== '')
}
