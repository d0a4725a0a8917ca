-- Offending: days on which a total of the mart is not that of the facts. Kind: check. Reads:
-- marts.daily_sales_report, marts.fct_order_line. Parameters: source, days. Runs in
-- ClickHouse when all tables of a batch are published.
--
-- Sales that are null count as nothing on both sides, so do those in two currencies.
with sold as (
  select
    source,
    day,
    uniqExact(order_id) as received,
    countIf(is_revenue and sales_amount is null and not is_unpriced)
      as pending,
    countIf(is_unpriced) as unpriced,
    sumIf(ifNull(sales_amount, 0), is_revenue) as known,
    if(uniqExact(sales_currency) > 1, 0, known) as sold_for
  from marts.fct_order_line
  where source = {source:String}
    and day in {days:Array(Date)}
  group by source, day
),
totals as (
  select
    source, day, 'facts' as side,
    arrayJoin([
      ('orders', toDecimal128(sum(received), 6)),
      ('sales', toDecimal128(sum(sold_for), 6)),
      ('pending_lines', toDecimal128(sum(pending), 6)),
      ('unpriced_lines', toDecimal128(sum(unpriced), 6))
    ]) as figure
  from sold
  group by source, day
  union all
  select
    source, day, 'mart',
    arrayJoin([
      ('orders', toDecimal128(sum(orders), 6)),
      ('sales', toDecimal128(sum(ifNull(sales, 0)), 6)),
      ('pending_lines', toDecimal128(sum(pending_lines), 6)),
      ('unpriced_lines', toDecimal128(sum(unpriced_lines), 6))
    ])
  from marts.daily_sales_report
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
