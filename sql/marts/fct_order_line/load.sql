-- title: One line of one order
-- kind: fact
-- grain: line of an order
-- reads: dds.l_order_product, dds.order_now, dds.product_now, dds.ref_fx_rate, dds.ref_source,
--   dds.s_order_cost, dds.s_order_line, dds.s_order_status, dds.session_now, dds.weather_at
-- source: all
-- key: source, order_id
--
-- Runs in Postgres as the query of a COPY. Table asked holds the orders, by of_days.sql or
-- of_batch.sql; of these the load takes those that were made on the days asked for. An order whose
-- lines have not come yet has one row with line_no 0. Settings: terrace.source,
-- terrace.days, terrace.reporting_currency.
--
-- A line is the latest that was said about its number, ties by hash_diff; of an order that came whole, its
-- newest version has all of them. Revenue of source
-- terrace are the lines of CLOSED orders; one without lines is revenue of unknown amount. What a
-- load under way says is not seen: it comes as a whole, with the batch of that load.
with dated as materialized (
  select
    order_now.*,
    dds.day_of(order_now.ordered_at, ref_source.time_zone) as day,
    case coalesce(ref_source.revenue, 'closed')
      when 'every' then true
      when 'none' then false
      else order_now.status = 'CLOSED'
    end as is_revenue,
    coalesce(ref_source.marts_currency, 'reporting') = 'own' as is_in_own,
    ref_source.currency as own_currency
  from asked
  inner join dds.order_now using (order_hk)
  left join dds.ref_source using (source)
),
orders as materialized (
  select
    *,
    current_setting('terrace.reporting_currency') as reporting
  from dated
  where source = current_setting('terrace.source')
    and day = any(current_setting('terrace.days')::date[])
),
lines as (
  select distinct on (orders.order_hk, link.line_no)
    orders.order_hk, link.line_no, link.product_hk,
    said.quantity, said.unit_price
  from orders
  inner join dds.l_order_product as link using (order_hk)
  inner join dds.s_order_line as said using (order_product_hk)
  where said.version_hk is not distinct from orders.version_hk
    and said.load_id <> all ((select dds.under_way())::bigint[])
  order by orders.order_hk, link.line_no, said.applied_at desc, said.hash_diff,
    link.product_hk
),
products as materialized (
  select product_now.*
  from (select distinct product_hk from lines) as sold
  inner join dds.product_now using (product_hk)
),
rates as materialized (
  select
    day,
    currency,
    case when currency = reporting then 1
      else dds.usd_rate(currency, day) end as from_rate,
    case when currency = reporting then 1
      else dds.usd_rate(reporting, day) end as to_rate
  from (
    select distinct day, currency, reporting
    from orders
    where currency is not null
  ) as used
)
select
  orders.source,
  to_char(orders.day, 'YYYY-MM-DD') as day,
  to_char(orders.ordered_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')
    as ordered_at,
  orders.order_id,
  coalesce(lines.line_no, 0) as line_no,
  orders.user_id,
  session_now.session_id,
  orders.campaign_id,
  products.product_id,
  products.category,
  orders.status,
  orders.is_revenue::int as is_revenue,
  (lines.line_no is not null and lines.unit_price is null)::int
    as is_unpriced,
  lines.quantity,
  lines.unit_price,
  orders.currency,
  round(lines.quantity * lines.unit_price, 4) as amount,
  round(rates.to_rate / rates.from_rate, 10) as fx_rate,
  dds.exchange(
    lines.quantity * lines.unit_price, rates.from_rate, rates.to_rate
  ) as amount_reporting,
  case when orders.is_in_own then round(lines.quantity * lines.unit_price, 4)
    else dds.exchange(
      lines.quantity * lines.unit_price, rates.from_rate, rates.to_rate
    )
  end as sales_amount,
  case when orders.is_in_own then coalesce(orders.currency, orders.own_currency)
    else orders.reporting end as sales_currency,
  coalesce(session_now.device_type, 'unknown') as device_type,
  coalesce(session_now.os, 'unknown') as os,
  coalesce(session_now.city, 'unknown') as city,
  coalesce(session_now.country, 'unknown') as country,
  coalesce(looked_up.condition, 'unknown') as weather,
  looked_up.temperature_c
from orders
left join lines using (order_hk)
left join products using (product_hk)
left join dds.session_now using (session_hk)
left join lateral dds.weather_at(session_now.location_hk, orders.ordered_at)
  as looked_up on true
left join rates
  on rates.day = orders.day and rates.currency = orders.currency
