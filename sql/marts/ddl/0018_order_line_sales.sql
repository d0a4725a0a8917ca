-- What sources other than terrace need of a line: one that was sent without a price is no line whose amount
-- is still to come, and amounts are in the currency that the marts of the source use.
alter table marts.fct_order_line
  add column if not exists is_unpriced Bool default false
    comment 'Whether the line was sent without a price: it will never have an amount'
    after is_revenue,
  add column if not exists sales_amount Nullable(Decimal(38, 4))
    default amount_reporting
    comment 'amount in sales_currency; null: unpriced, or no rate is known yet'
    after amount_reporting,
  add column if not exists sales_currency LowCardinality(Nullable(String))
    comment 'Currency of the marts of the source: REPORTING_CURRENCY, or its own'
    after sales_amount,
  comment column is_revenue
    'Whether it is revenue, by the rule of its source: of CLOSED orders, of every order, never';
