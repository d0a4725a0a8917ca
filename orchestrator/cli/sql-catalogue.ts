// The statements behind `sql --tables` and `sql --describe`: what a layer holds, with its comments.

import { CommandError, suggestion, UsageError } from './errors.ts'
import type { Layer, SqlResult } from './sql.ts'

type Read = (query: string) => Promise<SqlResult>

/** @throws CommandError when there are none */
export async function listTables(layer: Layer, read: Read): Promise<SqlResult> {
  const tables = await read(
    layer === 'marts'
      ? `select name, if(engine like '%View', 'view', 'table') as kind, comment
         from system.tables
         where database = 'marts' and name not like 'staging\\_%'
         order by name`
      : `select
           relname as name,
           case relkind when 'v' then 'view' else 'table' end as kind,
           coalesce(obj_description(pg_class.oid, 'pg_class'), '') as comment
         from pg_class
         join pg_namespace on pg_namespace.oid = relnamespace
         where nspname = '${layer}' and relkind in ('r', 'p', 'v', 'm')
         order by relname`,
  )
  if (tables.rows.length > 0) return tables
  throw new CommandError(
    `Layer ${layer} holds no tables. Run \`terrace db migrate\` in a project that has a warehouse.`,
  )
}

/** @throws UsageError when the layer has no such table */
export async function describeTable(layer: Layer, table: string, read: Read): Promise<SqlResult> {
  const { rows } = await listTables(layer, read)
  const known = rows.map(([name]) => String(name))
  if (!known.includes(table)) {
    const hint = suggestion(table, known, `terrace sql ${layer} --tables`)
    throw new UsageError(`Layer ${layer} has no table "${table}". ${hint}`)
  }
  return read(
    layer === 'marts'
      ? `select name, type, comment
         from system.columns
         where database = 'marts' and table = '${table}'
         order by position`
      : `select
           attname as name,
           format_type(atttypid, atttypmod) as type,
           coalesce(col_description(attrelid, attnum), '') as comment
         from pg_attribute
         where attrelid = '${layer}."${table}"'::regclass and attnum > 0 and not attisdropped
         order by attnum`,
  )
}
