-- A message that names no source is of the only one that sends to its topic. Which one that was stays
-- with the load, so that a rebuild decides as the load did.

alter table dds.load add column only_source text;

comment on column dds.load.only_source is
  'Source of messages that name none: the only one that sent to the topic then; null: several or none';
-- A message of an unknown source is replayed as one of the source that people name.

alter table raw.replay add column said_source text;

comment on column raw.replay.said_source is
  'Source that it was said to be of; null: the one that it says itself';
