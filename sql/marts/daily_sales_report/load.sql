-- title: Orders and sales, day by day
-- kind: mart
-- grain: source, day
-- reads: marts.fct_order_line
-- source: all
--
-- Orders are those received on the day, in any status. Sales are of the lines that are revenue by the
-- rule of the source, of CLOSED orders or of every order, in the currency that its marts use.
-- Known to be nothing is 0, unknown is null: sales are null where lines are revenue and none has an
-- amount, where no line has a price, and where a day has sales in two currencies, which have no sum.
with figures as (
  select
    source,
    day,
    uniqExact(order_id) as orders,
    countIf(line_no > 0) as lines,
    countIf(is_revenue) as revenue_lines,
    countIf(is_revenue and sales_amount is not null) as known_lines,
    countIf(is_unpriced) as unpriced_lines,
    countIf(is_revenue and sales_amount is null and not is_unpriced)
      as pending_lines,
    sumIf(ifNull(sales_amount, 0), is_revenue) as known_sales,
    uniqExact(sales_currency) as currencies,
    any(sales_currency) as first_currency
  from marts.fct_order_line
  where source = {source:String} and day in {days:Array(Date)}
  group by source, day
)
select
  source,
  day,
  orders,
  if(
    currencies > 1
    or known_lines = 0
    and (revenue_lines > 0 or lines > 0 and lines = unpriced_lines),
    null,
    known_sales
  ) as sales,
  if(currencies > 1, null, first_currency) as currency,
  pending_lines,
  unpriced_lines,
  now64(3, 'UTC') as computed_at
from figures
