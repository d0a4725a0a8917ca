-- Grain: one source. Kind: query. Reads: raw.produced_file. What `terrace produce` sent to topics.
with files as (
  select * from raw.produced_file where target <> 'raw.file_rows'
),
amounts as (
  select files.source, each_money.key as currency, sum(each_money.value::numeric) as amount
  from files
  cross join lateral jsonb_each_text(files.money) as each_money
  group by files.source, each_money.key
)
select
  source,
  sum(count_sent)::text as messages,
  sum(count_counted)::text as counted,
  sum(count_repeated)::text as repeated,
  sum(count_conflicts)::text as conflicts,
  sum(count_bad)::text as bad,
  sum(orders)::text as orders,
  trim_scale(sum(units))::text as units,
  (
    select coalesce(jsonb_object_agg(currency, trim_scale(amount)::text), '{}')
    from amounts
    where amounts.source = files.source
  ) as money,
  max(coalesce(ended_at, started_at)) as newest,
  array_agg(file_name order by file_id)
    filter (where not is_whole) as unfinished
from files
group by source
order by source
