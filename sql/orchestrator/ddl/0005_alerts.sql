-- What people are told of: an alert for each failure, written in the transaction that made the failure
-- and sent later by a scheduler (docs/adr/0018-alerts.md). No foreign keys: an alert outlives its run.
create domain terrace.alert_kind as text check (value in
  ('task_failed', 'data_check_failed', 'worker_lost', 'run_failed', 'import_error'));
create domain terrace.alert_state as text check (value in
  ('pending', 'sent', 'grouped', 'failed', 'logged'));

create table terrace.alert (
  id uuid primary key,
  at timestamptz not null default clock_timestamp(),
  kind terrace.alert_kind not null,
  code text,
  dag_id text,
  run_id text,
  task_id text,
  map_index int,
  try_number int,
  file_path text,
  error text not null,
  state terrace.alert_state not null default 'pending',
  attempts int not null default 0 check (attempts >= 0),
  last_problem text,
  sent_at timestamptz,
  check (kind not in ('task_failed', 'data_check_failed')
    or (dag_id is not null and run_id is not null and task_id is not null
      and map_index is not null and try_number is not null)),
  check (kind <> 'run_failed' or (dag_id is not null and run_id is not null)),
  check (kind <> 'import_error' or file_path is not null),
  check ((state in ('sent', 'grouped')) = (sent_at is not null)),
  check (state <> 'failed' or last_problem is not null)
);
create index alert_pending on terrace.alert (at, id) where state = 'pending';
create index alert_recent on terrace.alert (at desc, id desc);

comment on table terrace.alert is 'One row per failure that people are told of.';
comment on column terrace.alert.id is 'Ends the order of alerts of one moment.';
comment on column terrace.alert.at is 'When it failed.';
comment on column terrace.alert.kind is 'What failed.';
comment on column terrace.alert.code is
  'Why, for programs: error, timeout, bad_output, fail, data_check, missing_handler, cancelled, lost.';
comment on column terrace.alert.dag_id is
  'Null for a worker that was lost without a task, and for a file that several DAGs or none came from.';
comment on column terrace.alert.run_id is 'The run''s name.';
comment on column terrace.alert.task_id is 'Null for what concerns a whole run, file or worker.';
comment on column terrace.alert.map_index is '-1 for a task that is not mapped.';
comment on column terrace.alert.try_number is 'The attempt.';
comment on column terrace.alert.file_path is 'Of an import error: below the DAG folder.';
comment on column terrace.alert.error is 'What was said, secrets masked by whoever wrote it.';
comment on column terrace.alert.state is
  'pending: not told yet. sent: in a message of its own. grouped: counted in a summary. failed: '
  'refused for good, see last_problem. logged: no chat is set, so it stands in the log and on the page.';
comment on column terrace.alert.attempts is 'How often a message with it was tried.';
comment on column terrace.alert.last_problem is 'Why the last try did not reach the chat.';
comment on column terrace.alert.sent_at is 'When the chat took it.';

create table terrace.alert_chat (
  chat_id text primary key,
  moved_to text,
  not_before timestamptz,
  n_problems int not null default 0 check (n_problems >= 0),
  messaged_at timestamptz
);
comment on table terrace.alert_chat is
  'One row per chat. Its lock makes one sender of all schedulers, and they share its times.';
comment on column terrace.alert_chat.chat_id is 'As it is set in TELEGRAM_CHAT_ID.';
comment on column terrace.alert_chat.moved_to is
  'Where messages go since the group became a supergroup.';
comment on column terrace.alert_chat.not_before is
  'When the next message may be tried, after a problem.';
comment on column terrace.alert_chat.n_problems is 'Tries in a row that did not reach the chat.';
comment on column terrace.alert_chat.messaged_at is 'When the last message was taken, or refused for good.';
