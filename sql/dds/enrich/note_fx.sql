-- Grain: one day with an amount in a currency whose rate of the day is missing.
-- Kind: insert into dds.lookup_question.
-- Reads: dds.nl_event, dds.ref_source, dds.ref_fx_rate.
-- Parameters: $1 load ids, $2 reporting currency.
with amounts as (
  select distinct
    (event.occurred_at
      at time zone coalesce(ref_source.time_zone, 'UTC'))::date as day,
    event.currency
  from dds.nl_event as event
  left join dds.ref_source using (source)
  where event.load_id = any($1::bigint[]) and event.currency is not null
),
needed as (
  select day, currency from amounts
  union
  select day, $2::text from amounts
),
missing as (
  select distinct needed.day
  from needed
  left join dds.ref_fx_rate as rate
    on rate.rate_date = needed.day
    and rate.base = 'USD'
    and rate.quote = needed.currency
  where rate.rate_date is null
)
insert into dds.lookup_question (kind, question)
select 'fx', to_char(day, 'YYYY-MM-DD')
from missing
on conflict do nothing
