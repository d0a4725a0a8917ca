-- A row of the vault is known by the load that brought it. Two topics may stage loads at the same moment, so a
-- time does not say which of them it was; load_dts only says when.

drop view dds.session_now, dds.product_now, dds.order_now;
drop function dds.under_way();

create temporary table load_times on commit drop as
select staged_at, min(load_id) as load_id
from dds.load
group by staged_at;

do $$
declare
  vault record;
begin
  for vault in
    select tables.oid::regclass as name, tables.relname
    from pg_class as tables
    inner join pg_attribute as dated
      on dated.attrelid = tables.oid and dated.attname = 'load_dts'
    where tables.relnamespace = 'dds'::regnamespace
      and tables.relkind = 'r'
      and tables.relname ~ '^(h|l|s|es)_'
    order by tables.relname
  loop
    -- 0: of no load, like a ghost.
    execute format(
      'alter table %s add column load_id bigint not null default 0', vault.name
    );
    execute format(
      'update %s as kept set load_id = load_times.load_id
       from load_times where load_times.staged_at = kept.load_dts',
      vault.name
    );
    execute format(
      'alter table %s alter column load_id drop default', vault.name
    );
    execute format(
      'comment on column %s.load_id is %L',
      vault.name, 'Load that brought it; 0: a ghost'
    );
    -- Rows stand in the order of their loads, so a few pages of index find those of one.
    if to_regclass(format('dds.%I', vault.relname || '_load')) is not null then
      execute format('drop index dds.%I', vault.relname || '_load');
      execute format(
        'create index %I on %s using brin (load_id)',
        vault.relname || '_load', vault.name
      );
    end if;
  end loop;
end
$$;

-- Loads whose rows stand in dds before their checks have passed, and those that no batch of some marts has
-- listed: terrace.unlisted has the ids of these in a transaction that loads a fact. Otherwise a load that
-- finishes while a batch is on its way could move an order to a day which the batch does not have. The views
-- below do not see such rows. Ask for it as `(select …)`, so that it is read once a query.
create function dds.under_way() returns bigint[]
language sql stable parallel safe
return array(select load_id from dds.load where state = 'staged')
  || coalesce(
    nullif(current_setting('terrace.unlisted', true), '')::bigint[],
    '{}'
  );

-- Grain: one session. Its device and place, each the latest that was said; a provider's answer to
-- where a place is goes before what a message said.
create view dds.session_now as
select
  session.session_hk,
  session.source,
  session.session_id,
  device.device_type,
  device.os,
  device.browser,
  place.location_hk,
  geo.city,
  geo.country
from dds.h_session as session
left join lateral (
  select said.device_type, said.os, said.browser
  from dds.s_session_device as said
  where said.session_hk = session.session_hk
    and said.load_id <> all ((select dds.under_way())::bigint[])
  order by said.applied_at desc, said.hash_diff
  limit 1
) as device on true
left join lateral (
  select link.location_hk
  from dds.l_session_location as link
  where link.session_hk = session.session_hk
    and link.load_id <> all ((select dds.under_way())::bigint[])
  order by link.location_hk
  limit 1
) as place on true
left join lateral (
  select said.city, said.country
  from dds.s_location_geo as said
  where said.location_hk = place.location_hk
    and said.load_id <> all ((select dds.under_way())::bigint[])
  order by said.provider = 'message', said.applied_at desc, said.hash_diff
  limit 1
) as geo on true;

-- Grain: one product.
create view dds.product_now as
select
  product.product_hk,
  product.source,
  product.product_id,
  coalesce(membership.category, 'unknown') as category
from dds.h_product as product
left join lateral (
  select category.category
  from dds.es_product_category as seen
  inner join dds.h_category as category using (category_hk)
  where seen.product_hk = product.product_hk
    and seen.load_id <> all ((select dds.under_way())::bigint[])
  order by seen.applied_at desc, seen.category_hk
  limit 1
) as membership on true;

comment on view dds.session_now is 'Sessions with the latest device and place';
comment on column dds.session_now.session_hk is 'Hub key';
comment on column dds.session_now.source is 'Source';
comment on column dds.session_now.session_id is 'Business key';
comment on column dds.session_now.device_type is 'desktop, mobile, tablet; null: not said yet';
comment on column dds.session_now.os is 'Operating system';
comment on column dds.session_now.browser is 'Browser';
comment on column dds.session_now.location_hk is 'Place; null: not said yet';
comment on column dds.session_now.city is 'City of the place';
comment on column dds.session_now.country is 'Country of the place, ISO 3166-1 alpha-2';
comment on view dds.product_now is 'Products with their latest category';
comment on column dds.product_now.product_hk is 'Hub key';
comment on column dds.product_now.source is 'Source';
comment on column dds.product_now.product_id is 'Business key';
comment on column dds.product_now.category is 'Latest category, unknown without one';
comment on function dds.under_way is
  'Loads whose rows are not published yet: those that are not finished, and those that '
  'terrace.unlisted names';
