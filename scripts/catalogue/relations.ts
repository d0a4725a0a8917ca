// Tables and views of the warehouse as the migrated databases know them, with what the files of sql/
// say about their grain.

import { readFileSync } from 'node:fs'
import type { ClickHouseClient } from '@clickhouse/client'
import type { Pool } from '../../connections/postgres.ts'
import { listSqlFiles, sqlPath } from '../../connections/sql-file.ts'
import { readHeader, readQuery } from './statements.ts'

export const LAYERS = ['raw', 'dds', 'marts', 'warehouse'] as const

export interface Relation {
  /** With its schema. */
  name: string
  kind: 'table' | 'view'
  comment: string
  /** Columns of the primary key, or of the order of a table in ClickHouse. */
  key: string
  /** From the comment above its DDL. */
  grain: string | null
  /** What a view reads, and the functions that it calls. */
  reads: string[]
  calls: string[]
  columns: { name: string; type: string; comment: string }[]
}

/** What a function of the warehouse reads, by its name. */
export type FunctionReads = Map<string, string[]>

export async function readRelations(
  warehouse: Pool,
  clickhouse: ClickHouseClient,
): Promise<Relation[]> {
  const grains = await readGrains()
  const relations = [...(await ofPostgres(warehouse)), ...(await ofClickHouse(clickhouse))]
  return relations
    .map((relation) => ({ ...relation, grain: grains.get(relation.name) ?? null }))
    .sort((a, b) => layerOf(a) - layerOf(b) || (a.name < b.name ? -1 : 1))
}

type Found = Omit<Relation, 'grain'>

function layerOf({ name }: Relation): number {
  return LAYERS.findIndex((layer) => name.startsWith(`${layer}.`))
}

async function ofPostgres(db: Pool): Promise<Found[]> {
  const { rows } = await db.query<Omit<Found, 'reads' | 'calls'> & { definition: string | null }>(
    `select
       nspname || '.' || relname as name,
       case relkind when 'v' then 'view' else 'table' end as kind,
       coalesce(obj_description(pg_class.oid, 'pg_class'), '') as comment,
       case relkind when 'v' then pg_get_viewdef(pg_class.oid) end as definition,
       coalesce((
         select string_agg(attname, ', ' order by ordinality)
         from pg_index
         cross join unnest(indkey) with ordinality as part (attnum, ordinality)
         join pg_attribute using (attnum)
         where indrelid = pg_class.oid and indisprimary and attrelid = pg_class.oid
       ), '') as key,
       (
         select json_agg(json_build_object(
           'name', attname,
           'type', format_type(atttypid, atttypmod),
           'comment', coalesce(col_description(attrelid, attnum), '')
         ) order by attnum)
         from pg_attribute
         where attrelid = pg_class.oid and attnum > 0 and not attisdropped
       ) as columns
     from pg_class
     join pg_namespace on pg_namespace.oid = relnamespace
     where nspname = any($1::text[]) and relkind in ('r', 'p', 'v', 'm') and not relispartition`,
    [LAYERS],
  )
  const parents = await parentsOfPartitions(db)
  return rows.map(({ definition, ...found }) => {
    const { reads, calls } = readQuery(definition ?? '')
    return { ...found, calls, reads: reads.map((name) => parents.get(name) ?? name) }
  })
}

/** A partition is told with the table that it is a part of. */
async function parentsOfPartitions(db: Pool): Promise<Map<string, string>> {
  const { rows } = await db.query<{ name: string; parent: string }>(
    `select nspname || '.' || relname as name, inhparent::regclass::text as parent
     from pg_inherits
     join pg_class on pg_class.oid = inhrelid
     join pg_namespace on pg_namespace.oid = relnamespace
     where relkind = 'r' and nspname = any($1::text[])`,
    [LAYERS],
  )
  return new Map(rows.map(({ name, parent }) => [name, parent]))
}

async function ofClickHouse(clickhouse: ClickHouseClient): Promise<Found[]> {
  const answer = await clickhouse.query({
    query: `
      select
        concat('marts.', tables.name) as name,
        tables.comment as comment,
        tables.sorting_key as key,
        arraySort(column -> column.1, groupArray(
          (columns.position, columns.name, columns.type, columns.comment)
        )) as columns
      from system.tables as tables
      inner join system.columns as columns
        on columns.database = tables.database and columns.table = tables.name
      where tables.database = 'marts' and not startsWith(tables.name, 'staging_')
      group by tables.name, tables.comment, tables.sorting_key`,
    format: 'JSONEachRow',
  })
  const rows = await answer.json<{
    name: string
    comment: string
    key: string
    columns: [string, string, string, string][]
  }>()
  return rows.map(({ columns, ...row }) => ({
    ...row,
    kind: 'table' as const,
    reads: [],
    calls: [],
    columns: columns.map(([, name, type, comment]) => ({ name, type, comment })),
  }))
}

export async function readFunctions(db: Pool): Promise<FunctionReads> {
  const { rows } = await db.query<{ name: string; body: string }>(
    `select nspname || '.' || proname as name, pg_get_functiondef(pg_proc.oid) as body
     from pg_proc
     join pg_namespace on pg_namespace.oid = pronamespace
     where nspname = any($1::text[]) and prokind = 'f'
     order by 1`,
    [LAYERS],
  )
  const found: FunctionReads = new Map()
  for (const { name, body } of rows) {
    found.set(name, [...(found.get(name) ?? []), ...readQuery(body).reads])
  }
  return found
}

/** The first sentence after `Grain:` in the comment above each `create table` and `create view`. */
async function readGrains(): Promise<Map<string, string>> {
  const grains = new Map<string, string>()
  for (const layer of LAYERS) {
    for (const path of await listSqlFiles(`${layer}/ddl`)) {
      const text = readFileSync(sqlPath(path), 'utf8')
      const made =
        /((?:^--.*\n)+)create (?:or replace )?(?:table|view) (?:if not exists )?([a-z_0-9.]+)/gm
      for (const [, comment, name] of text.matchAll(made)) {
        const { grain } = readHeader(`${comment}\n`)
        if (grain) grains.set(name!, grain.split('. ')[0]!)
      }
    }
  }
  return grains
}
