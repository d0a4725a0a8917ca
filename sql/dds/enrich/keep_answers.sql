-- Grain: one answer as it was given, now. Kind: insert-only into raw.api_responses.
-- Reads: nothing.
-- Parameters: $1 provider, $2 questions, $3 statuses, $4 bodies, $5 etags.
insert into raw.api_responses (provider, request_key, status, body, etag)
select $1::text, question, status, body, etag
from unnest($2::text[], $3::int[], $4::bytea[], $5::text[])
  as answer (question, status, body, etag)
on conflict do nothing
