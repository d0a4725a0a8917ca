// Takes the metadata forward: numbered tables once each (knex keeps the ledger), then every function
// anew, all under one lock. Functions are code: they are replaced as a whole, never migrated.

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import type { Knex } from 'knex'
import type { ClientBase } from 'pg'
import { inTransaction, openPostgres, type Pool } from '../../connections/postgres.ts'
import { prepareSession } from '../../connections/postgres-session.ts'
import { sqlPath } from '../../connections/sql-file.ts'
import { triggerRuleSql } from '../graph/trigger-rules.ts'

const LOCK_KEY = 0x7e44ace

export class MigrationError extends Error {
  override name = 'MigrationError'
}

/**
 * Brings the metadata of `databaseUrl` to this version. Safe to call at any time, from several
 * processes: one migrates, the others wait and find nothing to do.
 *
 * @throws MigrationError when the database holds somebody's tables but no marker of ours, unless
 *   `yes`; or when it is newer than this version.
 */
export async function migrateMetadata(
  databaseUrl: string,
  { yes = false }: { yes?: boolean } = {},
): Promise<{ applied: string[] }> {
  const pool = openPostgres(databaseUrl, { max: 2, application_name: 'terrace-migrate' })
  const lock = await pool.connect()
  try {
    await lock.query('select pg_advisory_lock($1)', [LOCK_KEY])
    await refuseForeignDatabase(pool, yes)
    await pool.query('create schema if not exists terrace')
    const applied = await migrateTables(databaseUrl)
    await replaceFunctions(pool)
    return { applied }
  } finally {
    await lock.query('select pg_advisory_unlock($1)', [LOCK_KEY]).catch(() => {})
    lock.release()
    await pool.end()
  }
}

/** @throws MigrationError that says what to run, when the database is not of this version. */
export async function checkMetadata(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ present: boolean }>(
    `select to_regclass('terrace.setting') is not null as present`,
  )
  if (!rows[0]!.present)
    throw new MigrationError('The database has no Terrace tables. Run `terrace db migrate`.')
  const expected = functionsHash(await functionSources())
  const { rows: settings } = await pool.query<{ value: string }>(
    `select value #>> '{}' as value from terrace.setting where key = 'functions_hash'`,
  )
  if (settings[0]?.value !== expected)
    throw new MigrationError(
      'The database is of another version than this program. Run `terrace db migrate` with the ' +
        'newest version, then restart the other roles with it.',
    )
}

async function refuseForeignDatabase(pool: Pool, yes: boolean): Promise<void> {
  const { rows } = await pool.query<{ ours: boolean; tables: string[] | null }>(
    `select to_regclass('terrace.setting') is not null as ours,
       (select array_agg(format('%I.%I', n.nspname, c.relname) order by 1)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema')
          and n.nspname !~ '^pg_' and n.nspname not in
            ('terrace', 'bullmq', 'event_log', 'raw', 'dds', 'cdm', 'shop', 'warehouse')) as tables`,
  )
  const { ours, tables } = rows[0]!
  if (ours || yes || tables === null) return
  throw new MigrationError(
    `The database is not empty and was not made by Terrace: it holds ${tables.slice(0, 5).join(', ')}` +
      `${tables.length > 5 ? ` and ${tables.length - 5} more` : ''}. Name an empty database in ` +
      'DATABASE_URL, or run `terrace db migrate --yes` to add the schemas of Terrace beside them.',
  )
}

async function migrateTables(databaseUrl: string): Promise<string[]> {
  // Loaded here: the roles, which only check, start sooner without it.
  const { default: knex } = await import('knex')
  const afterCreate = (client: ClientBase, done: (error: unknown, client: ClientBase) => void) => {
    prepareSession(client).then(
      () => done(null, client),
      (error) => done(error, client),
    )
  }
  const pool = { min: 0, max: 1, afterCreate }
  const db = knex({ client: 'pg', connection: databaseUrl, pool })
  try {
    const [, applied] = (await db.migrate.latest({
      schemaName: 'terrace',
      tableName: 'migration',
      migrationSource: new SqlFolderSource(sqlPath('orchestrator/ddl')),
    })) as [number, string[]]
    return applied
  } catch (error) {
    if (error instanceof Error && error.message.includes('migration directory is corrupt'))
      throw new MigrationError(
        'The database was migrated by a newer version of Terrace. Upgrade this program.',
        { cause: error },
      )
    throw error
  } finally {
    await db.destroy()
  }
}

/** Numbered .sql files as knex migrations; there is no way back, as a rollback would lose history. */
class SqlFolderSource implements Knex.MigrationSource<string> {
  readonly #folder: string
  constructor(folder: string) {
    this.#folder = folder
  }
  async getMigrations(): Promise<string[]> {
    return (await readdir(this.#folder)).filter((name) => name.endsWith('.sql')).sort()
  }
  getMigrationName(name: string): string {
    return name
  }
  async getMigration(name: string): Promise<Knex.Migration> {
    const sql = await readFile(`${this.#folder}/${name}`, 'utf8')
    return {
      up: (db) => db.raw(sql.replaceAll('?', '\\?')),
      down: () => Promise.reject(new MigrationError('Migrations only go forward.')),
    }
  }
}

async function replaceFunctions(pool: Pool): Promise<void> {
  const sources = await functionSources()
  const hash = functionsHash(sources)
  const { rows } = await pool.query<{ value: string }>(
    `select value #>> '{}' as value from terrace.setting where key = 'functions_hash'`,
  )
  if (rows[0]?.value === hash) return
  await inTransaction(pool, async (client) => {
    await client.query(`set local check_function_bodies = off`)
    await client.query(DROP_FUNCTIONS)
    for (const source of sources) await client.query(source)
    await client.query(
      `insert into terrace.setting (key, value) values ('functions_hash', to_jsonb($1::text))
       on conflict (key) do update set value = excluded.value`,
      [hash],
    )
  })
}

const DROP_FUNCTIONS = `do $$ declare f regprocedure; begin
  for f in select p.oid::regprocedure from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'terrace'
  loop execute 'drop function ' || f || ' cascade'; end loop; end $$`

async function functionSources(): Promise<string[]> {
  const folder = sqlPath('orchestrator/functions')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  const files = await Promise.all(names.map((name) => readFile(`${folder}/${name}`, 'utf8')))
  return [triggerRuleSql(), ...files]
}

function functionsHash(sources: string[]): string {
  return createHash('sha256').update(sources.join('\n')).digest('hex')
}
