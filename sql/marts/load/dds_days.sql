-- Grain: one day of which dds has an event or may have an order. Kind: query, for loads of a whole
-- table and rebuilds. Reads: dds.h_order, dds.l_order_product, dds.nl_event, dds.ref_source,
-- dds.s_order_cost, dds.s_order_line, dds.s_order_status. Parameters: $1 first day, $2 last day,
-- null for no bound. Runs in Postgres.
with moments as (
  select source, occurred_at as moment
  from dds.nl_event
  union all
  select h_order.source, said.applied_at
  from dds.s_order_cost as said
  inner join dds.h_order using (order_hk)
  union all
  select h_order.source, said.applied_at
  from dds.s_order_line as said
  inner join dds.l_order_product using (order_product_hk)
  inner join dds.h_order using (order_hk)
  union all
  select h_order.source, said.status_at
  from dds.s_order_status as said
  inner join dds.h_order using (order_hk)
),
days as (
  select distinct dds.day_of(moments.moment, ref_source.time_zone) as day
  from moments
  left join dds.ref_source using (source)
)
select day
from days
where day >= coalesce($1::date, '-infinity')
  and day <= coalesce($2::date, 'infinity')
order by day
