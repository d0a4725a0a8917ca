-- title: Products sold, day by day
-- kind: mart
-- grain: source, day, product
-- reads: marts.fct_order_line
-- source: all
--
-- Quantity is that of all lines of orders received on the day, in any status; a product of which only
-- lines with quantity 0 came has a row with 0. An order may name a product in several lines.
-- Sales are as in daily_sales_report, of the lines of the product.
with figures as (
  select
    source,
    day,
    assumeNotNull(product_id) as product,
    count() as lines,
    sum(ifNull(quantity, 0)) as units,
    countIf(is_revenue) as revenue_lines,
    countIf(is_revenue and sales_amount is not null) as known_lines,
    countIf(is_unpriced) as unpriced_lines,
    countIf(is_revenue and sales_amount is null and not is_unpriced)
      as pending_lines,
    sumIf(ifNull(sales_amount, 0), is_revenue) as known_sales,
    uniqExact(sales_currency) as currencies,
    any(sales_currency) as first_currency
  from marts.fct_order_line
  where source = {source:String}
    and day in {days:Array(Date)}
    and product_id is not null
  group by source, day, product
)
select
  source,
  day,
  product as product_id,
  units as quantity,
  if(
    currencies > 1
    or known_lines = 0 and (revenue_lines > 0 or lines = unpriced_lines),
    null,
    known_sales
  ) as sales,
  if(currencies > 1, null, first_currency) as currency,
  pending_lines,
  unpriced_lines,
  now64(3, 'UTC') as computed_at
from figures
