-- Reads raw.user_events once. Others read it and land in it meanwhile.
alter table raw.user_events validate constraint user_events_topic;
