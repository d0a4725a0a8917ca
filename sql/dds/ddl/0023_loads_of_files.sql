-- A load is made of messages, or of the lines of a supplied reference file.
alter table dds.load add column file_id bigint;
create unique index load_file on dds.load (file_id) where file_id is not null;

comment on column dds.load.file_id is
  'File whose lines it takes, raw.produced_file; null: it takes messages';
