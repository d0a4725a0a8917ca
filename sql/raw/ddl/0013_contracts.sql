-- What is held against the contracts of the sources (tasks/sources/<source>.contract.json).

-- Grain: one source of one load.
create table raw.load_source (
  load_id bigint not null,
  source text not null,
  count_raw bigint not null,
  count_quarantined bigint not null,
  primary key (load_id, source)
);

-- Grain: one field of one source in one load that its contract has not.
create table raw.new_field (
  load_id bigint not null,
  source text not null,
  field text not null,
  count_messages bigint not null,
  primary key (load_id, source, field)
);

comment on table raw.load_source is 'How many messages of each source a load took';
comment on column raw.load_source.load_id is 'The load, dds.load';
comment on column raw.load_source.source is 'Source; unknown where nobody could tell';
comment on column raw.load_source.count_raw is 'Messages that the load read';
comment on column raw.load_source.count_quarantined is 'Those of them that it refused';
comment on table raw.new_field is 'Fields that the contract of their source has not';
comment on column raw.new_field.load_id is 'The load, dds.load';
comment on column raw.new_field.source is 'Source that sends the field';
comment on column raw.new_field.field is 'Path of the field, such as order_details[].price';
comment on column raw.new_field.count_messages is 'Messages of the load that have it';
