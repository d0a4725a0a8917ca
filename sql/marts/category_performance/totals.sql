-- Offending: days on which a total of the mart is not that of the facts. Kind: check. Reads:
-- marts.category_performance, marts.fct_event, marts.fct_order_line. Parameters: source, days. Runs in
-- ClickHouse when all tables of a batch are published.
--
-- Not compared: viewers, and orders: who looks at two categories stands in two rows;
-- revenue_share, a ratio.
-- Amounts that are null count as nothing on both sides.
with totals as (
  select
    source, day, 'facts' as side,
    arrayJoin([
      ('views', toDecimal128(countIf(event_type = 'view'), 6)),
      ('carts', toDecimal128(countIf(event_type = 'cart'), 6))
    ]) as figure
  from marts.fct_event
  where source = {source:String} and day in {days:Array(Date)}
    and product_id is not null
  group by source, day
  union all
  select
    source, day, 'facts',
    arrayJoin([
      ('units', toDecimal128(sumIf(ifNull(quantity, 0), is_revenue), 6)),
      ('revenue', toDecimal128(sumIf(ifNull(amount_reporting, 0), is_revenue), 6)),
      ('pending_lines', toDecimal128(countIf(is_revenue and amount_reporting is null), 6))
    ])
  from marts.fct_order_line
  where source = {source:String} and day in {days:Array(Date)}
    and product_id is not null
  group by source, day
  union all
  select
    source, day, 'mart',
    arrayJoin([
      ('views', toDecimal128(sum(views), 6)),
      ('carts', toDecimal128(sum(carts), 6)),
      ('units', toDecimal128(sum(units), 6)),
      ('revenue', toDecimal128(sum(ifNull(revenue, 0)), 6)),
      ('pending_lines', toDecimal128(sum(pending_lines), 6))
    ])
  from marts.category_performance
  where source = {source:String} and day in {days:Array(Date)}
  group by source, day
)
select
  figure.1 as measure,
  source,
  toString(day) as on_day,
  sumIf(figure.2, side = 'facts') as facts,
  sumIf(figure.2, side = 'mart') as mart
from totals
group by measure, source, day
having facts <> mart
order by measure, source, day
limit 100
