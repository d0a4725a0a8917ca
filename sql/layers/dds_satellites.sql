-- title: Satellites
-- layer: dds
-- reads: raw_user_events, raw_order_service_orders, raw_api_responses
-- dag: raw_to_dds
-- tables: dds.s_*, dds.es_*, dds.*_now, dds.weather_at
-- Rows as Postgres' statistics have them: to count them would read them all.
select
  (
    select coalesce(sum(n_live_tup), 0)
    from pg_stat_user_tables
    where schemaname = 'dds' and relname ~ '^(s|es)_'
  ) as rows,
  (select max(finished_at) from dds.load) as newest_at
