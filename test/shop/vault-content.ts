// What a vault holds, so that two of them can be compared: every table of the vault with its rows,
// without what says when and by which load a row came.

import type { Pool } from '../../connections/postgres.ts'

const WHEN_AND_HOW = ['load_dts', 'load_id', 'record_source']
/** Where the message of an event stood: the same only for vaults of the same log. */
const PLACE = ['log_id', 'topic', 'kafka_partition', 'kafka_offset']

export interface TableContent {
  count: number
  sum: string | null
}

export async function vaultContent(
  pool: Pool,
  { withPlaces = false } = {},
): Promise<Record<string, TableContent>> {
  const content: Record<string, TableContent> = {}
  const { rows: tables } = await pool.query<{ name: string; columns: string[] }>(
    `select table_name as name, array_agg(column_name::text order by column_name) as columns
     from information_schema.columns
     join information_schema.tables using (table_schema, table_name)
     where table_schema = 'dds' and table_type = 'BASE TABLE'
       and table_name ~ '^(h|l|s|es|nl)_' and column_name <> all($1)
     group by table_name
     order by table_name`,
    [withPlaces ? WHEN_AND_HOW : [...WHEN_AND_HOW, ...PLACE]],
  )
  for (const { name, columns } of tables) {
    const { rows } = await pool.query<TableContent>(
      `select count(*)::int as count, md5(string_agg(row::text, ',' order by row::text)) as sum
       from (select ${columns.join(', ')} from dds.${name}) as row`,
    )
    content[name] = rows[0]!
  }
  return content
}
