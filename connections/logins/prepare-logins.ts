// Makes the accounts of a database and gives each what its purpose needs, as the owner. `db migrate`, and
// so every start of the engines, comes here; nothing changes where all is as it should be.
//
//   metadata  owns the schemas terrace and bullmq
//   dds       owns the schemas of the warehouse: it migrates (init_dwh), loads, analyses and rebuilds
//   raw       adds to raw and to the event log, raises fences; sees nothing of dds
//   reader    selects from the schemas of the warehouse
//
// Schemas that were made by the owner, as all were by earlier versions, change hands here.

import type { PoolClient } from 'pg'
import { inTransaction, openPostgres } from '../postgres.ts'
import { databaseOf, loginName, type Purpose, passwordOf } from './purposes.ts'
import { scramVerifier } from './scram-verifier.ts'

const METADATA_SCHEMAS = ['terrace', 'bullmq']
const WAREHOUSE_SCHEMAS = ['warehouse', 'raw', 'dds', 'event_log', 'dds_next', 'dds_old']
/** The vault that is built beside dds, and the one that was swapped out, are nobody's to read. */
const READ_SCHEMAS = ['warehouse', 'raw', 'dds', 'event_log']

/** The accounts cannot be made; the message says why and what to do. */
export class LoginsError extends Error {
  override name = 'LoginsError'
}

/** @throws LoginsError; then nothing was changed */
export async function prepareLogins(ownerUrl: string, purposes: readonly Purpose[]): Promise<void> {
  const pool = openPostgres(ownerUrl, { max: 1, connectionTimeoutMillis: 10_000 })
  const database = databaseOf(ownerUrl)
  try {
    await inTransaction(pool, async (client) => {
      await client.query(`select pg_advisory_xact_lock(hashtext('terrace logins'))`)
      await requireRights(client)
      for (const purpose of purposes) await makeLogin(client, ownerUrl, database, purpose)
      if (purposes.includes('metadata')) {
        await handOver(client, METADATA_SCHEMAS, loginName('metadata', database))
      }
      if (purposes.includes('dds')) {
        await handOver(client, WAREHOUSE_SCHEMAS, loginName('dds', database))
        await grantWarehouse(client, database)
      }
    })
  } catch (error) {
    if (error instanceof LoginsError) throw error
    throw new LoginsError(`its accounts were not made: ${(error as Error).message}`, {
      cause: error,
    })
  } finally {
    await pool.end()
  }
}

async function requireRights(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ who: string; may: boolean }>(
    `select rolname as who, rolsuper or rolcreaterole as may from pg_roles where rolname = current_user`,
  )
  const { who, may } = rows[0]!
  if (may) return
  throw new LoginsError(
    `${who} may not make accounts. Run \`alter role ${client.escapeIdentifier(who)} createrole\` as an ` +
      'administrator of the server, then `terrace db migrate`',
  )
}

async function makeLogin(
  client: PoolClient,
  ownerUrl: string,
  database: string,
  purpose: Purpose,
): Promise<void> {
  const name = loginName(purpose, database)
  const password = passwordOf(ownerUrl, name)
  if (password === null) {
    throw new LoginsError(
      'the address holds no password, from which those of its accounts are computed. Write it into the URL',
    )
  }
  const mark = `Terrace, database ${database}: ${purpose}`
  const { rows } = await client.query<{ mark: string | null; is_super: boolean }>(
    `select shobj_description(oid, 'pg_authid') as mark, rolsuper as is_super
     from pg_roles where rolname = $1`,
    [name],
  )
  const role = client.escapeIdentifier(name)
  const [found] = rows
  if (found && (found.mark !== mark || found.is_super)) {
    throw new LoginsError(
      `the server has a role ${name} that Terrace did not make. Rename it, then run \`terrace db migrate\``,
    )
  }
  const verifier = client.escapeLiteral(scramVerifier(password))
  if (found) await client.query(`alter role ${role} login password ${verifier}`)
  else {
    await client.query(`create role ${role} login password ${verifier}`)
    await client.query(`comment on role ${role} is ${client.escapeLiteral(mark)}`)
  }
  // An owner that is no superuser must belong to a role before it can hand anything over to it.
  await client.query(
    `do $$ begin
       if not pg_has_role(current_user, ${client.escapeLiteral(name)}, 'usage')
       then execute format('grant %I to current_user', ${client.escapeLiteral(name)}); end if;
     end $$`,
  )
  const rights =
    purpose === 'reader' || purpose === 'raw' ? 'connect' : 'connect, create, temporary'
  await client.query(`grant ${rights} on database ${client.escapeIdentifier(database)} to ${role}`)
}

/** Schemas and all that is in them, as far as they are there. */
async function handOver(client: PoolClient, schemas: string[], role: string): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(FOREIGN_OBJECTS, [schemas, role])
  for (const { statement } of rows) await client.query(statement)
}

/** What another role owns, the schemas first: a new owner must have rights on the schema. */
const FOREIGN_OBJECTS = `
  with wanted as (
    select oid, nspname, nspowner, (select oid from pg_roles where rolname = $2) as owner
    from pg_namespace where nspname = any ($1)
  ), foreign_object as (
    select 1 as step, format('schema %I', nspname) as what
    from wanted where nspowner <> owner
    union all
    -- A sequence that belongs to a column goes with its table.
    select 2, format('%s %I.%I',
        case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
          when 'f' then 'foreign table' when 'c' then 'type' else 'table' end,
        n.nspname, c.relname)
    from pg_class as c join wanted as n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c') and c.relowner <> n.owner
      and not exists (
        select from pg_depend as d
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i')
          and c.relkind = 'S'
      )
    union all
    select 3, format('routine %s', p.oid::regprocedure)
    from pg_proc as p join wanted as n on n.oid = p.pronamespace where p.proowner <> n.owner
    union all
    select 4, format('type %I.%I', n.nspname, t.typname)
    from pg_type as t join wanted as n on n.oid = t.typnamespace
    where t.typtype in ('e', 'd', 'r') and t.typowner <> n.owner
  )
  select format('alter %s owner to %I', what, $2::text) as statement
  from foreign_object order by step, what`

/** Also for tables that are made later, such as those of a vault that is built anew. */
async function grantWarehouse(client: PoolClient, database: string): Promise<void> {
  const [owner, raw, reader] = (['dds', 'raw', 'reader'] as const).map((purpose) =>
    client.escapeIdentifier(loginName(purpose, database)),
  )
  await client.query(
    `alter default privileges for role ${owner} grant select on tables to ${reader}`,
  )
  const { rows } = await client.query<{ name: string }>(
    `select nspname as name from pg_namespace where nspname = any ($1)`,
    [READ_SCHEMAS],
  )
  const schemas = rows.map(({ name }) => name)
  const additions: Record<string, string> = {
    raw: 'select, insert, update',
    event_log: 'select, insert, update, delete',
  }
  for (const schema of schemas) {
    await client.query(`grant usage on schema ${schema} to ${reader}`)
    await client.query(`grant select on all tables in schema ${schema} to ${reader}`)
    const rights = additions[schema]
    if (rights === undefined) continue
    await client.query(`grant usage on schema ${schema} to ${raw}`)
    await client.query(`grant ${rights} on all tables in schema ${schema} to ${raw}`)
    await client.query(`grant usage on all sequences in schema ${schema} to ${raw}`)
    await client.query(
      `alter default privileges for role ${owner} in schema ${schema} grant ${rights} on tables to ${raw}`,
    )
    await client.query(
      `alter default privileges for role ${owner} in schema ${schema} grant usage on sequences to ${raw}`,
    )
  }
  if (!schemas.includes('warehouse')) return
  await client.query(`grant usage on schema warehouse to ${raw}`)
  await client.query(`grant select, insert, update on warehouse.fence to ${raw}`)
}
