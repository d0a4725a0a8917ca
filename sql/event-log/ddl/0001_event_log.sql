-- The event log as tables: what stands in for Kafka when KAFKA_BROKERS is not set.
--
-- Offsets are dense and in commit order: an append raises next_offset of its partitions first and
-- holds those row locks until it commits. Whoever reads next_offset can read every message below
-- it. A sequence would not do: its values become visible out of order and readers would skip some.

create table event_log.log (
  only_row boolean primary key default true check (only_row),
  -- Tells this log from one that was made anew in its place.
  epoch uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now()
);
insert into event_log.log default values;

create table event_log.topic (
  -- Kafka's rule for names, so that a topic can move there.
  topic text collate "C" primary key check (topic ~ '^[A-Za-z0-9._-]{1,249}$'),
  created_at timestamptz not null default now()
);

create table event_log.partition (
  topic text collate "C" not null references event_log.topic,
  partition int not null check (partition >= 0),
  next_offset bigint not null default 0 check (next_offset >= 0),
  primary key (topic, partition)
)
-- Updated by every append: room for updates that touch no index.
with (fillfactor = 10);

-- Grain: one message. No foreign key: the row lock that its check takes would cost more than the
-- insert, and reserve_offsets() refuses partitions that do not exist.
create table event_log.message (
  topic text collate "C" not null,
  partition int not null,
  log_offset bigint not null,
  -- Taken under the partition's lock, so it rises with the offset while the clock does.
  taken_at timestamptz not null default clock_timestamp(),
  key bytea,
  -- null is a tombstone.
  value bytea,
  -- Names and text values; json and not jsonb, which refuses \u0000. null when there are none.
  headers json,
  primary key (topic, partition, log_offset)
);

-- Takes n_messages offsets in each partition and returns the first of each. Partitions are locked
-- in order, so two appends never wait for each other in a circle.
create function event_log.reserve_offsets(to_topic text, partitions int[], n_messages bigint[])
returns table (partition int, first_offset bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  wanted record;
begin
  for wanted in
    select w.partition, w.n_messages
    from unnest(partitions, n_messages) as w (partition, n_messages)
    order by w.partition
  loop
    return query
      update event_log.partition as p
      set next_offset = p.next_offset + wanted.n_messages
      where p.topic = to_topic and p.partition = wanted.partition
      returning p.partition, p.next_offset - wanted.n_messages;
    if not found then
      raise exception 'topic "%" has no partition %', to_topic, wanted.partition
        using errcode = 'no_data_found';
    end if;
  end loop;
  perform pg_notify('event_log', to_topic);
end
$$;
