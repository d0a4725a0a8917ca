-- Grain: one source whose rules are new or have changed, with those from before. Kind: upsert into
-- dds.ref_source. Reads: dds.ref_source. Parameters: $1 rows of sources.json.
--
-- A zone that Postgres does not know is an error here, and not of the first message that needs it.
with given as (
  select
    source, system, topics, time_zone, currency, oldest, event_id,
    least_quantity, revenue, marts_currency, freshness,
    now() at time zone time_zone as is_known_zone
  from
    jsonb_to_recordset($1::jsonb) as rules (
      source text, system text, topics text[], time_zone text, currency text,
      oldest timestamptz, event_id text, least_quantity int, revenue text,
      marts_currency text, freshness text
    )
),
upserted as (
  insert into dds.ref_source (
    source, system, topics, time_zone, currency, oldest, event_id,
    least_quantity, revenue, marts_currency, freshness
  )
  select
    source, system, topics, time_zone, currency, oldest, event_id,
    least_quantity, revenue, marts_currency, freshness
  from given
  where is_known_zone is not null
  on conflict (source) do update set
    system = excluded.system,
    topics = excluded.topics,
    time_zone = excluded.time_zone,
    currency = excluded.currency,
    oldest = excluded.oldest,
    event_id = excluded.event_id,
    least_quantity = excluded.least_quantity,
    revenue = excluded.revenue,
    marts_currency = excluded.marts_currency,
    freshness = excluded.freshness
  where (
    ref_source.system, ref_source.topics, ref_source.time_zone,
    ref_source.currency, ref_source.oldest, ref_source.event_id,
    ref_source.least_quantity, ref_source.revenue,
    ref_source.marts_currency, ref_source.freshness
  ) is distinct from (
    excluded.system, excluded.topics, excluded.time_zone,
    excluded.currency, excluded.oldest, excluded.event_id,
    excluded.least_quantity, excluded.revenue,
    excluded.marts_currency, excluded.freshness
  )
  returning *
)
select to_jsonb(former) as former, to_jsonb(upserted) as given
from upserted
left join dds.ref_source as former using (source)
order by upserted.source
