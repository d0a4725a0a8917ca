-- title: api_responses
-- layer: raw
-- dag: raw_to_dds
-- What outer services answered about places, weather and exchange rates.
select
  count(*) as rows,
  max(fetched_at) as newest_at
from raw.api_responses
