-- Grain: source, day: every day from the first event of the source to its last. Kind: mart,
-- replaced as a whole. Reads: marts.fct_event.
--
-- No partitions: a late event moves the day on which a user was new, so every later day may change,
-- and replacing the one partition swaps the whole mart at once.
create table if not exists marts.active_users_7d (
  source LowCardinality(String) comment 'Source',
  day Date comment 'Day in the zone of the source',
  active_users_day UInt64 comment 'Users with an event on the day',
  active_users_7d UInt64 comment 'Users with an event on the day or the six before it',
  new_users UInt64 comment 'Active users of the day whose first event ever is on it',
  returning_users UInt64 comment 'Active users of the day that were seen before it',
  stickiness Nullable(Float64) comment 'active_users_day ÷ active_users_7d, null when nobody',
  computed_at DateTime64(3, 'UTC') comment 'When the row was computed'
)
engine = MergeTree
order by (source, day)
comment 'Active users per day and in seven days';
