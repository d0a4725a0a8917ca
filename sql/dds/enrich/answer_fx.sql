-- Grain: one pair of currencies on one day; a load of the look-up, and the days that it reopens.
-- Kind: reference, insert-only; no load when nothing is new.
-- Reads: dds.ref_fx_rate, dds.ref_source, dds.days_with_rows.
-- Parameters: $1 provider, $2 questions, $3 times, $4 quotes, $5 rates.
--
-- A day without a rate takes the last before it, so a new rate reopens the days up to the next one
-- of its currency as well: those that have rows, however many lie between. The dollar is worth a dollar
-- on every day. Only sources whose amounts name their own currency are converted.
with answers as (
  select question::date as rate_date, quote, rate
  from unnest($2::text[], $3::timestamptz[], $4::text[], $5::numeric[])
    as answer (question, fetched_at, quote, rate)
),
fresh as (
  select answers.rate_date, answers.quote, answers.rate
  from answers
  left join dds.ref_fx_rate as known
    on known.rate_date = answers.rate_date
    and known.base = 'USD'
    and known.quote = answers.quote
  where known.rate_date is null
),
new_load as (
  insert into dds.load (
    log_id, topic, ranges, state, rule_version, count_raw, count_staged,
    count_duplicates, count_quarantined, finished_at, questions_noted_at,
    has_keys
  )
  select
    'lookup', 'fx', '[]', 'finished', 0, 0, 0, 0, 0, clock_timestamp(), now(),
    true
  where exists (select from fresh)
  returning load_id, staged_at
),
answering as (
  insert into dds.ref_fx_rate (
    rate_date, base, quote, rate, provider, load_dts
  )
  select rate_date, 'USD', quote, rate, $1::text, new_load.staged_at
  from fresh
  cross join new_load
  on conflict do nothing
),
dates as (
  select
    quote,
    rate_date,
    lead(rate_date) over (partition by quote order by rate_date) as next_date
  from fresh
),
spans as (
  select
    dates.rate_date as from_day,
    least(
      dates.next_date,
      (
        select min(known.rate_date)
        from dds.ref_fx_rate as known
        where known.quote = dates.quote
          and known.rate_date > dates.rate_date
      ),
      'infinity'
    ) as until_day
  from dates
  where dates.quote <> 'USD'
),
days as (
  select distinct with_rows.source, with_rows.day
  from (
    select min(from_day) as from_day, max(until_day) as until_day
    from spans
  ) as whole
  cross join lateral dds.days_with_rows(whole.from_day, whole.until_day)
    as with_rows
  inner join spans
    on with_rows.day >= spans.from_day and with_rows.day < spans.until_day
  inner join dds.ref_source using (source)
  where ref_source.currency is null
),
reopening as (
  insert into dds.load_day (load_id, source, day, is_whole)
  select new_load.load_id, days.source, days.day, true
  from days
  cross join new_load
)
select load_id, (select count(*) from fresh) as count_rows
from new_load
