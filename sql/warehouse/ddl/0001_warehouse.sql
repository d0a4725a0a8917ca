-- What the warehouse knows about itself: that it is ours, which migrations ran, and which attempts
-- of tasks may still write. The ledger and the marker are made by connections/migrations.ts.

-- Grain: one task instance that ever wrote to a store of the warehouse.
create table warehouse.fence (
  task_instance_id text primary key,
  fence bigint not null check (fence >= 0),
  raised_at timestamptz not null default now()
);

-- Grain: one table of one marts store. Loads of ClickHouse cannot join a Postgres transaction, so
-- each claims its target here and names its staging table after the token.
create table warehouse.target_claim (
  marts_id uuid not null,
  target text not null,
  token bigint not null check (token > 0),
  task_instance_id text not null,
  claimed_at timestamptz not null default now(),
  primary key (marts_id, target)
);

comment on schema warehouse is 'What the warehouse knows about itself';
comment on table warehouse.fence is
  'The newest attempt of each task instance that wrote here; older ones are refused';
comment on column warehouse.fence.task_instance_id is 'Task instance of the orchestrator';
comment on column warehouse.fence.fence is 'Rises with every claim of the task instance';
comment on column warehouse.fence.raised_at is 'When this value was first seen';
comment on table warehouse.target_claim is
  'Who loads a marts table now; a load whose token is not the newest may not publish';
comment on column warehouse.target_claim.marts_id is 'The marts store, marts.identity';
comment on column warehouse.target_claim.target is 'Table of the marts';
comment on column warehouse.target_claim.token is 'Rises with every claim';
comment on column warehouse.target_claim.task_instance_id is 'Task instance that claimed last';
comment on column warehouse.target_claim.claimed_at is 'When it claimed';
