-- Questions that an API gave no answer to are asked again later and later, so that one which is always
-- refused neither stands in the way of the others nor uses up a quota.

alter table dds.lookup_question
  add column tries int not null default 0,
  add column next_try_at timestamptz not null default now(),
  add column last_problem text;

-- The oldest question goes first.
create index lookup_question_due on dds.lookup_question (kind, noted_at, question);

comment on column dds.lookup_question.tries is 'Calls that brought no answer';
comment on column dds.lookup_question.next_try_at is 'No API is asked before';
comment on column dds.lookup_question.last_problem is
  'Why the last call brought no answer; null before the first';
