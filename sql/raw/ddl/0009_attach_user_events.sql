-- The constraint proves what the partition has to hold, so its rows are not read again; the index of
-- its primary key becomes the parent's part of it.
alter table raw.message
  attach partition raw.user_events for values in ('user_events');
-- The bounds of the partition say it now.
alter table raw.user_events drop constraint user_events_topic;

-- Makes the partition of a topic, unless it is there. `db migrate` calls it for every topic of
-- seeds/topics.json.
create function raw.add_topic(new_topic text) returns void
language plpgsql as $$
declare
  partition_name text := replace(new_topic, '-', '_');
  bounds text;
begin
  if new_topic is null or new_topic !~ '^[a-z][a-z0-9_-]{0,62}$' then
    raise exception 'Topic "%" cannot be landed: its name would be that of a table.', new_topic
      using hint = 'Use at most 63 lower-case letters, digits, "-" and "_", a letter first.';
  end if;
  if to_regclass(format('raw.%I', partition_name)) is not null then
    select pg_get_expr(relpartbound, oid) into bounds
    from pg_class
    where oid = format('raw.%I', partition_name)::regclass;
    if bounds is not distinct from format('FOR VALUES IN (%L)', new_topic) then
      return;
    end if;
    raise exception 'Topic "%" cannot be landed: raw.% is there already, and holds something else.',
        new_topic, partition_name
      using hint = 'Give the topic another name.';
  end if;
  -- Attached and not made as a partition: who reads other topics does not wait.
  execute format(
    'create table raw.%I (like raw.message including comments)', partition_name
  );
  execute format(
    'comment on table raw.%I is %L',
    partition_name, format('One message of topic %s, bytes as sent', new_topic)
  );
  execute format(
    'alter table raw.message attach partition raw.%I for values in (%L)',
    partition_name, new_topic
  );
end
$$;

comment on function raw.add_topic is
  'Makes the partition of raw.message for a topic, unless it is there';
