-- What `terrace produce` has sent, so that its control totals can be compared with the layers, and the
-- lines of supplied reference files.

-- Grain: one file that was sent, as often as it was sent.
create table raw.produced_file (
  file_id bigint generated always as identity primary key,
  source text not null,
  format text not null,
  target text not null,
  file_name text not null,
  file_hash text,
  count_sent bigint not null default 0,
  count_counted bigint not null default 0,
  count_repeated bigint not null default 0,
  count_conflicts bigint not null default 0,
  count_bad bigint not null default 0,
  count_unsent bigint not null default 0,
  orders bigint not null default 0,
  units numeric not null default 0,
  money jsonb not null default '{}',
  sent_by text not null,
  started_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  is_whole boolean not null default false,
  check (
    count_sent = count_counted + count_repeated + count_conflicts + count_bad
  )
);

-- Grain: one message that some file brought, however many files did. What stands here is counted once.
create table raw.produced_record (
  source text not null,
  event_hash uuid not null,
  content_hash uuid not null,
  primary key (source, event_hash)
);

-- Grain: one line of one file. A file that was changed is stored anew; of a line number the newest holds.
create table raw.file_rows (
  file_id bigint not null references raw.produced_file (file_id),
  line_no bigint not null,
  source text not null,
  format text not null,
  bytes bytea,
  problem text,
  loaded_at timestamptz not null,
  primary key (file_id, line_no)
);

create index file_rows_newest on raw.file_rows (source, format, line_no, file_id desc);

comment on table raw.produced_file is
  'One file that terrace produce sent, with its control totals';
comment on column raw.produced_file.file_id is 'Number of the sending, header produced_file of its messages';
comment on column raw.produced_file.source is 'Source of the format';
comment on column raw.produced_file.format is 'Format that the file was read in';
comment on column raw.produced_file.target is 'Topic, or raw.file_rows';
comment on column raw.produced_file.file_name is 'Name as it was given; - is standard input';
comment on column raw.produced_file.file_hash is
  'SHA-256 of the file''s bytes; null when it was not read to its end';
comment on column raw.produced_file.count_sent is 'Records that were acknowledged';
comment on column raw.produced_file.count_counted is
  'Of them: good, and in no file before; the totals are theirs';
comment on column raw.produced_file.count_repeated is 'Of them: equal to one that was sent before';
comment on column raw.produced_file.count_conflicts is
  'Of them: other content under the id of one that was sent before';
comment on column raw.produced_file.count_bad is 'Of them: not readable, for quarantine';
comment on column raw.produced_file.count_unsent is 'Records that were too large to be sent';
comment on column raw.produced_file.orders is 'Orders';
comment on column raw.produced_file.units is 'Units of their lines';
comment on column raw.produced_file.money is 'What the orders cost, by currency, as decimal text';
comment on column raw.produced_file.sent_by is 'Who sent it';
comment on column raw.produced_file.started_at is 'When its sending began';
comment on column raw.produced_file.ended_at is 'When it ended; null while it goes on, and after a crash';
comment on column raw.produced_file.is_whole is 'Whether it was sent to its end';
comment on table raw.produced_record is 'One message that files brought, to be counted once';
comment on column raw.produced_record.source is 'Source';
comment on column raw.produced_record.event_hash is 'MD5 of its event id';
comment on column raw.produced_record.content_hash is 'MD5 of its canonical form';
comment on table raw.file_rows is
  'One line of a supplied reference file, bytes as they stand; of a line number the newest holds';
comment on column raw.file_rows.file_id is 'Sending that brought it: raw.produced_file has the file''s name and hash';
comment on column raw.file_rows.line_no is 'Number of the line, from 1';
comment on column raw.file_rows.source is 'Source';
comment on column raw.file_rows.format is 'Format';
comment on column raw.file_rows.bytes is 'The line without its end; null when it was too long to be kept';
comment on column raw.file_rows.problem is 'Why it cannot be read; null when it can';
comment on column raw.file_rows.loaded_at is 'When it was loaded';
