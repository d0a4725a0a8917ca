-- Grain: one question with the newest good answer that raw holds. Kind: query.
-- Reads: raw.api_responses. Parameters: $1 provider, $2 questions.
select distinct on (request_key)
  request_key as question,
  body,
  fetched_at::text as fetched_at
from raw.api_responses
where provider = $1
  and request_key = any($2::text[])
  and status between 200 and 299
order by request_key, api_responses.fetched_at desc
