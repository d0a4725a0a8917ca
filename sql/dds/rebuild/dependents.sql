-- Grain: one view or function that is bound to tables of dds, with the statement that binds it anew.
-- Kind: query. Reads: the catalogue of Postgres. Parameters: $1 names of the tables.
with tables as (
  select oid
  from pg_class
  where relnamespace = 'dds'::regnamespace and relname = any($1::text[])
),
bound as (
  select classid, objid
  from pg_depend
  where refclassid = 'pg_class'::regclass
    and refobjid in (select oid from tables)
),
views as (
  select distinct pg_rewrite.ev_class as oid
  from bound
  inner join pg_rewrite
    on bound.classid = 'pg_rewrite'::regclass and pg_rewrite.oid = bound.objid
),
functions as (
  select distinct objid as oid
  from bound
  where classid = 'pg_proc'::regclass
)
select
  oid::regclass::text as view_name,
  format(
    'create or replace view %s as %s',
    oid::regclass, pg_get_viewdef(oid)
  ) as statement
from views
union all
select null as view_name, pg_get_functiondef(oid) as statement
from functions
