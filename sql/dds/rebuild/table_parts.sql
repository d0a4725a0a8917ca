-- Grain: one statement that gives a table of dds its keys, indexes and comment; what
-- `create table … (like …)` leaves out or names anew. Kind: query. Reads: the catalogue of Postgres.
-- Parameters: $1 names of the tables.
with tables as (
  select oid, relname
  from pg_class
  where relnamespace = 'dds'::regnamespace and relname = any($1::text[])
),
parts as (
  select
    case contype when 'f' then 3 else 1 end as place,
    conname as name,
    format(
      'alter table dds.%I add constraint %I %s',
      relname, conname, pg_get_constraintdef(con.oid)
    ) as statement
  from tables
  inner join pg_constraint as con on con.conrelid = tables.oid
  where contype in ('p', 'u', 'f')
  union all
  select 2 as place, relname as name, pg_get_indexdef(indexrelid) as statement
  from tables
  inner join pg_index on pg_index.indrelid = tables.oid
  where not exists (
    select from pg_constraint where conindid = pg_index.indexrelid
  )
  union all
  select
    4 as place,
    relname as name,
    format(
      'comment on table dds.%I is %L',
      relname, obj_description(oid, 'pg_class')
    ) as statement
  from tables
)
select statement
from parts
order by place, name, statement
