-- What has to be asked of providers of places, weather and exchange rates. State, not history: the
-- answers are in raw.api_responses and in the vault, and a question goes when it is answered.

-- Grain: one question that events raise and nobody has answered yet. Its text is the key of the
-- answer in raw.api_responses; places of several sources share it.
create table dds.lookup_question (
  kind text not null check (kind in ('geo', 'weather', 'fx')),
  question text not null,
  noted_at timestamptz not null default now(),
  primary key (kind, question)
);

-- The loads whose questions are still to be noted are found without reading those of last year.
alter table dds.load add column questions_noted_at timestamptz;
create index load_questions on dds.load (load_id) where questions_noted_at is null;

comment on table dds.lookup_question is
  'Questions to providers that are pending; an event is loaded without the answer meanwhile';
comment on column dds.lookup_question.kind is 'geo, weather or fx';
comment on column dds.lookup_question.question is
  'Place; place and hour in UTC; day. As in raw.api_responses.request_key';
comment on column dds.lookup_question.noted_at is 'Since when it is pending';
comment on column dds.load.questions_noted_at is
  'When the questions that its events raise were noted; null before that';
