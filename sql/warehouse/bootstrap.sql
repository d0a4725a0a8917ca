-- The marker that a database is ours, and the ledger of migrations. Applied once, before any
-- numbered file, by connections/migrations.ts.
create schema if not exists warehouse;

create table warehouse.marker (
  only_row boolean primary key default true check (only_row),
  warehouse_id uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now()
);
insert into warehouse.marker default values;

create table warehouse.migration (
  store text not null,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null default now(),
  primary key (store, name)
);

comment on table warehouse.marker is 'One row: this database is a warehouse of Terrace';
comment on column warehouse.marker.only_row is 'Keeps it at one row';
comment on column warehouse.marker.warehouse_id is 'Which warehouse this is';
comment on column warehouse.marker.created_at is 'When it was made';
comment on table warehouse.migration is 'Which migrations were applied to which store';
comment on column warehouse.migration.store is 'warehouse, or the id of the marts';
comment on column warehouse.migration.name is 'File below sql/';
comment on column warehouse.migration.checksum is 'SHA-256 of the file';
comment on column warehouse.migration.applied_at is 'When it was applied';
