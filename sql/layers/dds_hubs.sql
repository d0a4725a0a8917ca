-- title: Hubs
-- layer: dds
-- reads: raw_user_events, raw_order_service_orders
-- dag: raw_to_dds
-- tables: dds.h_*
-- Rows as Postgres' statistics have them: to count them would read them all.
select
  (
    select coalesce(sum(n_live_tup), 0)
    from pg_stat_user_tables
    where schemaname = 'dds' and relname ~ '^h_'
  ) as rows,
  (select max(finished_at) from dds.load) as newest_at
