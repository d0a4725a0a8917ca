-- Grain: one source and currency. Kind: query. Reads: marts.fct_order_line. Runs in ClickHouse.
select
  source,
  ifNull(currency, '') as currency,
  toString(uniqExact(order_id)) as orders,
  toString(sum(ifNull(quantity, 0))) as units,
  toString(sum(ifNull(amount, 0))) as amount
from marts.fct_order_line
group by source, currency
order by source, currency
