-- Grain: one answer as it was given, now. Kind: insert-only into raw.api_responses.
-- Reads: nothing. Parameters: $1 provider, $2 questions, $3 statuses, $4 bodies.
insert into raw.api_responses (provider, request_key, status, body)
select $1::text, question, status, body
from unnest($2::text[], $3::int[], $4::bytea[])
  as answer (question, status, body)
on conflict do nothing
