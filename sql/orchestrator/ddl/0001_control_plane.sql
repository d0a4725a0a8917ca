-- The control plane's tables. Postgres decides; the queue only delivers.
--
-- Every state column has a CHECK. A task instance's row is written only under its run's row lock,
-- but for the claim (queued → running), which is a compare-and-set on the row itself.
-- Locks are taken in this order: dag, dag_run (by id), pool (by name); rows of task_instance are safe
-- under their run's lock, and runs beyond the first are only ever tried (`skip locked`).

-- What the database says of itself: `owner` marks it as ours, `functions_hash` which functions it has.
create table terrace.setting (
  key text primary key,
  value jsonb not null
);
insert into terrace.setting (key, value) values ('owner', '"terrace"');

create table terrace.pool (
  name text primary key check (name ~ '^[A-Za-z0-9_.-]{1,200}$'),
  slots int not null check (slots >= 0),
  -- Slots of queued and running task instances; kept by the statements that move them.
  occupied_slots int not null default 0 check (occupied_slots >= 0),
  description text
);
insert into terrace.pool (name, slots, description) values ('default_pool', 128, 'Default pool');

create table terrace.dag (
  dag_id text primary key check (dag_id ~ '^[A-Za-z0-9_.-]{1,200}$'),
  is_paused boolean not null default false,
  -- The file no longer defines the DAG: history is kept, nothing new starts.
  is_stale boolean not null default false,
  file_path text not null,
  -- Hash of the DAG's file and all it imports from the project: which code a runner must hold.
  code_hash text not null,
  description text,
  tags text[] not null default '{}',
  owners text[] not null default '{}',
  current_version_id uuid,
  schedule_summary text not null default '',
  max_active_runs int not null default 16 check (max_active_runs > 0),
  max_active_tasks int not null default 16 check (max_active_tasks > 0),
  catchup boolean not null default false,
  -- The next interval that a scheduler will make a run for; null without a time schedule.
  next_interval_start timestamptz,
  next_interval_end timestamptz,
  next_run_after timestamptz,
  parsed_at timestamptz not null default now(),
  created_at timestamptz not null default now()
);
create index dag_due on terrace.dag (next_run_after) where next_run_after is not null;

create table terrace.dag_version (
  id uuid primary key,
  dag_id text not null references terrace.dag on delete cascade,
  version_number int not null check (version_number > 0),
  structure_hash text not null,
  graph jsonb not null,
  source text,
  created_at timestamptz not null default now(),
  unique (dag_id, version_number)
);

-- The graph once more as rows, for the statements that walk it.
create table terrace.dag_task (
  dag_version_id uuid not null references terrace.dag_version on delete cascade,
  task_id text not null check (task_id ~ '^[A-Za-z0-9_.-]{1,200}$'),
  position int not null,
  is_leaf boolean not null,
  n_upstream int not null,
  trigger_rule text not null,
  retries int not null check (retries >= 0),
  pool text not null,
  pool_slots int not null check (pool_slots > 0),
  queue text not null,
  priority_weight int not null,
  inputs text[] not null default '{}',
  primary key (dag_version_id, task_id)
);

create table terrace.dag_edge (
  dag_version_id uuid not null,
  upstream_task_id text not null,
  downstream_task_id text not null,
  primary key (dag_version_id, upstream_task_id, downstream_task_id),
  foreign key (dag_version_id, upstream_task_id) references terrace.dag_task on delete cascade,
  foreign key (dag_version_id, downstream_task_id) references terrace.dag_task on delete cascade
);

create table terrace.import_error (
  file_path text primary key,
  message text not null,
  line int,
  first_seen_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now()
);

create table terrace.dag_run (
  id uuid primary key,
  dag_id text not null references terrace.dag on delete cascade,
  run_id text not null check (length(run_id) between 1 and 250),
  dag_version_id uuid not null references terrace.dag_version,
  run_type text not null check (run_type in
    ('scheduled', 'manual', 'backfill', 'asset_triggered', 'asset_materialization')),
  state text not null check (state in ('queued', 'running', 'success', 'failed')),
  triggered_by text not null check (triggered_by in
    ('cli', 'operator', 'rest_api', 'ui', 'test', 'timetable', 'asset', 'backfill')),
  triggering_user text,
  logical_date timestamptz,
  data_interval_start timestamptz,
  data_interval_end timestamptz,
  run_after timestamptz not null,
  conf jsonb not null default '{}',
  note text,
  -- A trigger repeated with the same key makes one run.
  idempotency_key text,
  max_active_tasks int not null,
  timeout_ms bigint,
  -- Task instances not in an ended state, and those queued or running.
  n_unfinished int not null default 0 check (n_unfinished >= 0),
  n_active int not null default 0 check (n_active >= 0),
  clear_number int not null default 0,
  queued_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz,
  unique (dag_id, run_id),
  unique (dag_id, logical_date),
  unique (dag_id, idempotency_key)
) with (fillfactor = 70);
create index dag_run_open on terrace.dag_run (dag_id, state, run_after) where state in ('queued', 'running');
create index dag_run_recent on terrace.dag_run (dag_id, run_after desc);

create table terrace.task_instance (
  id uuid primary key,
  dag_run_id uuid not null references terrace.dag_run on delete cascade,
  dag_id text not null,
  task_id text not null,
  map_index int not null default -1,
  dag_version_id uuid not null,
  state text not null default 'none' check (state in
    ('none', 'scheduled', 'queued', 'running', 'success', 'failed', 'up_for_retry', 'skipped',
     'upstream_failed', 'deferred', 'up_for_reschedule', 'restarting', 'removed')),
  -- Counts every attempt; it is raised when the instance is queued for one.
  try_number int not null default 0,
  -- The last try_number that failures of the task may reach; clearing raises it.
  max_tries int not null default 0,
  -- Failures of the task and losses of its worker have budgets of their own.
  n_failures int not null default 0,
  n_losses int not null default 0,
  fence int not null default 0,
  -- How often the present attempt was put on the queue; part of the job's id.
  queue_sequence int not null default 0,
  pool text not null,
  pool_slots int not null,
  queue text not null,
  priority_weight int not null,
  trigger_rule text not null,
  is_leaf boolean not null,
  n_upstream int not null default 0,
  n_success int not null default 0,
  n_failed int not null default 0,
  n_skipped int not null default 0,
  n_upstream_failed int not null default 0,
  n_removed int not null default 0,
  -- Not before this moment: a retry's or a deferral's due time.
  run_after timestamptz,
  process_id uuid,
  cancel_requested boolean not null default false,
  scheduled_at timestamptz,
  queued_at timestamptz,
  -- When the reconciler last put an unclaimed attempt on the queue again.
  requeued_at timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  error text,
  note text,
  unique (dag_run_id, task_id, map_index)
) with (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);
create index task_instance_waiting on terrace.task_instance (pool, priority_weight desc, id)
  where state = 'scheduled';
create index task_instance_queued on terrace.task_instance (queued_at) where state = 'queued';
create index task_instance_due on terrace.task_instance (run_after)
  where state in ('up_for_retry', 'up_for_reschedule', 'deferred');
create index task_instance_running on terrace.task_instance (process_id)
  where state in ('running', 'restarting');

-- One row per ended attempt, appended in the transaction that ended it and never changed.
-- No foreign keys here and below: each would lock a parent row per write. delete_runs.sql deletes.
create table terrace.task_attempt (
  task_instance_id uuid not null,
  try_number int not null,
  fence int not null,
  outcome text not null check (outcome in
    ('success', 'failed', 'up_for_retry', 'skipped', 'deferred', 'up_for_reschedule',
     'lost', 'released', 'cancelled')),
  process_id uuid,
  hostname text,
  code_hash text,
  queued_at timestamptz,
  started_at timestamptz,
  ended_at timestamptz not null,
  error text,
  primary key (task_instance_id, fence)
);

-- A task's output (Airflow's XCom). `json` keeps the text as the task wrote it.
create table terrace.task_output (
  dag_run_id uuid not null,
  task_id text not null,
  map_index int not null default -1,
  key text not null default 'return_value',
  value json not null,
  created_at timestamptz not null default now(),
  primary key (dag_run_id, task_id, map_index, key)
);

create table terrace.task_log (
  task_instance_id uuid not null,
  try_number int not null,
  line_number int not null,
  logged_at timestamptz not null,
  level text not null check (level in ('debug', 'info', 'warning', 'error')),
  stream text not null check (stream in ('log', 'stdout', 'stderr', 'system')),
  message text not null,
  fields jsonb,
  primary key (task_instance_id, try_number, line_number)
);

-- Task instances that became queued and whose job may not be on the queue yet.
create table terrace.outbox (
  task_instance_id uuid not null,
  try_number int not null,
  queue_sequence int not null,
  queue text not null,
  priority_weight int not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (task_instance_id, try_number, queue_sequence)
);

-- Processes with a lease: workers, schedulers, DAG processors, web servers.
create table terrace.process (
  id uuid primary key,
  kind text not null check (kind in ('worker', 'scheduler', 'dag_processor', 'web')),
  hostname text not null,
  pid int not null,
  version text not null,
  detail jsonb not null default '{}',
  state text not null check (state in ('running', 'draining', 'stopped', 'lost')),
  started_at timestamptz not null default clock_timestamp(),
  lease_until timestamptz not null,
  ended_at timestamptz
);
create index process_alive on terrace.process (lease_until) where state in ('running', 'draining');

create table terrace.asset (
  name text primary key check (length(name) between 1 and 1500),
  -- For assets that a watcher moves: how far it has looked, compared and set.
  watch_position jsonb,
  created_at timestamptz not null default now()
);

-- Which DAGs' schedules name which assets.
create table terrace.asset_schedule (
  asset_name text not null references terrace.asset on delete cascade,
  dag_id text not null references terrace.dag on delete cascade,
  primary key (asset_name, dag_id)
);

create table terrace.asset_event (
  id uuid primary key,
  asset_name text not null references terrace.asset on delete cascade,
  extra jsonb not null default '{}',
  source_dag_id text,
  source_run_id text,
  source_task_id text,
  source_map_index int,
  created_at timestamptz not null default clock_timestamp()
);
create index asset_event_recent on terrace.asset_event (asset_name, created_at desc);

-- Events that a DAG's next asset run has yet to consume, and those that its runs consumed.
create table terrace.asset_pending (
  dag_id text not null references terrace.dag on delete cascade,
  asset_event_id uuid not null references terrace.asset_event on delete cascade,
  asset_name text not null,
  primary key (dag_id, asset_event_id)
);
create table terrace.dag_run_asset_event (
  dag_run_id uuid not null references terrace.dag_run on delete cascade,
  asset_event_id uuid not null references terrace.asset_event on delete cascade,
  primary key (dag_run_id, asset_event_id)
);

-- Every action of a person, and of the system where a person would ask why.
create table terrace.audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  actor text not null,
  action text not null,
  dag_id text,
  run_id text,
  task_id text,
  detail jsonb not null default '{}'
);
create index audit_log_recent on terrace.audit_log (at desc);
