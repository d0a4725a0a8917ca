-- What outer services answered, as they answered it: the cache of look-ups, and what dds is filled
-- from again when it is rebuilt (the weather of an hour that has passed cannot be asked for twice).

-- Grain: one answer of one provider to one request. Append-only: fetched_at closes the key, because
-- an answer that is corrected, or that follows a refusal, is another row. The newest one with a
-- status of 2xx is the one that counts. Bytes and not text: a refusal may be HTML or no UTF-8.
create table raw.api_responses (
  provider text not null,
  request_key text not null,
  status int not null check (status between 100 and 599),
  body bytea not null,
  fetched_at timestamptz not null default now(),
  primary key (provider, request_key, fetched_at)
);

comment on table raw.api_responses is
  'One answer of a provider of places, weather or exchange rates, as it was given';
comment on column raw.api_responses.provider is
  'Who was asked, such as offline or positionstack';
comment on column raw.api_responses.request_key is
  'What was asked: 41.0,29.0 or 41.0,29.0@2026-01-01T12:00Z or 2026-01-01';
comment on column raw.api_responses.status is 'HTTP status; 200 of an offline provider';
comment on column raw.api_responses.body is
  'Bytes of the answer; convert_from(body, ''UTF8'') reads one of status 200';
comment on column raw.api_responses.fetched_at is 'When it was answered';
