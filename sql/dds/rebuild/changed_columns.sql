-- Offending: columns of tables of dds that their copies lack or have otherwise, because dds was
-- migrated while it was rebuilt. Kind: query. Reads: the catalogue of Postgres.
-- Parameters: $1 names of the tables, $2 schema of the copies.
with columns as (
  select
    table_schema, table_name, column_name, data_type, is_nullable,
    column_default
  from information_schema.columns
  where table_name = any($1::text[])
),
present as (
  select table_name, column_name, data_type, is_nullable
  from columns
  where table_schema = 'dds'
),
copied as (
  select table_name, column_name, data_type, is_nullable
  from columns
  where table_schema = $2
)
(table present except table copied)
union all
(table copied except table present)
