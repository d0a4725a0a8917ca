-- Calls to outer APIs: how many of each month's there were, and how each API stands. Kept here and not
-- in the workers, because several of them share one quota, and a restart must not forget it.

-- Grain: one API in one calendar month of UTC. A call counts before it is made: what a crash hides was
-- counted, so that a quota is never exceeded.
create table raw.api_month (
  api text not null,
  month date not null check (extract(day from month) = 1),
  count_calls int not null default 0 check (count_calls >= 0),
  count_failed int not null default 0 check (count_failed >= 0),
  primary key (api, month)
);

-- Grain: one API. State, not history.
create table raw.api_state (
  api text primary key,
  failures_in_a_row int not null default 0,
  paused_until timestamptz,
  next_call_at timestamptz,
  last_answer_at timestamptz,
  last_problem_at timestamptz,
  last_problem text
);

-- What the server calls this version of its answer, to be sent back with the next request.
alter table raw.api_responses add column etag text;

comment on table raw.api_month is
  'Calls to an outer API in a month, counted before they are made';
comment on column raw.api_month.api is 'positionstack, openexchangerates or openweather';
comment on column raw.api_month.month is 'First day of the calendar month, UTC';
comment on column raw.api_month.count_calls is 'Calls, those that failed among them';
comment on column raw.api_month.count_failed is 'Calls that brought no answer that can be used';
comment on table raw.api_state is
  'How an outer API stands: whether it is left alone, its pace, its last problem';
comment on column raw.api_state.api is 'positionstack, openexchangerates or openweather';
comment on column raw.api_state.failures_in_a_row is 'Calls that failed since the last answer';
comment on column raw.api_state.paused_until is
  'Nobody calls before; then one call tries. Null: no reason to wait';
comment on column raw.api_state.next_call_at is
  'The next call of an API with a limit a minute is not made before';
comment on column raw.api_state.last_answer_at is 'When it last gave an answer';
comment on column raw.api_state.last_problem_at is 'When it last gave none';
comment on column raw.api_state.last_problem is 'What was wrong then, without the key';
comment on column raw.api_responses.etag is
  'ETag of the answer; null without one, and of offline providers';
