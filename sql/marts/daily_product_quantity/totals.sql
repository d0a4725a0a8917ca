-- Offending: days on which a total of the mart is not that of the facts. Kind: check. Reads:
-- marts.daily_product_quantity, marts.fct_order_line. Parameters: source, days. Runs in
-- ClickHouse when all tables of a batch are published.
--
-- Sales that are null count as nothing on both sides, so do those in two currencies.
with sold as (
  select
    source,
    day,
    product_id,
    sum(ifNull(quantity, 0)) as units,
    countIf(is_revenue and sales_amount is null and not is_unpriced)
      as pending,
    countIf(is_unpriced) as unpriced,
    sumIf(ifNull(sales_amount, 0), is_revenue) as known,
    if(uniqExact(sales_currency) > 1, 0, known) as sold_for
  from marts.fct_order_line
  where source = {source:String}
    and day in {days:Array(Date)}
    and product_id is not null
  group by source, day, product_id
),
totals as (
  select
    source, day, 'facts' as side,
    arrayJoin([
      ('quantity', toDecimal128(sum(units), 6)),
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
      ('quantity', toDecimal128(sum(quantity), 6)),
      ('sales', toDecimal128(sum(ifNull(sales, 0)), 6)),
      ('pending_lines', toDecimal128(sum(pending_lines), 6)),
      ('unpriced_lines', toDecimal128(sum(unpriced_lines), 6))
    ])
  from marts.daily_product_quantity
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
