-- What seeds/sources.json says of each source. Every migration writes its rows here (upsert_sources.sql);
-- the defaults are those of a source that nobody has declared.

alter table dds.ref_source
  add column system text not null default '',
  add column topics text[] not null default '{}',
  add column oldest timestamptz not null default '2000-01-01 00:00:00+00',
  add column event_id text not null default '',
  add column least_quantity int not null default 1
    check (least_quantity in (0, 1)),
  add column revenue text not null default 'closed'
    check (revenue in ('closed', 'every', 'none')),
  add column marts_currency text not null default 'reporting'
    check (marts_currency in ('reporting', 'own'));

comment on table dds.ref_source is 'Sources and the rules that their messages go by';
comment on column dds.ref_source.system is 'System that sends';
comment on column dds.ref_source.topics is 'Topics that it sends to';
comment on column dds.ref_source.oldest is 'An earlier time is refused as too_old';
comment on column dds.ref_source.event_id is 'What makes a message the same message';
comment on column dds.ref_source.least_quantity is 'Least quantity of a line that is accepted';
comment on column dds.ref_source.revenue is
  'Lines that are revenue: closed (of closed orders), every, none (no prices are sent)';
comment on column dds.ref_source.marts_currency is
  'Currency of its marts: reporting (REPORTING_CURRENCY), own';
