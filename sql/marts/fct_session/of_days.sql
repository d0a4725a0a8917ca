-- Grain: one session with an event near the days asked for. Kind: query, what a load of whole days
-- asks for. Reads: dds.nl_event, dds.times_of. Runs in Postgres. Settings: terrace.source,
-- terrace.days.
with span as (
  select from_time, until_time
  from dds.times_of(current_setting('terrace.days')::date[])
)
select distinct session_hk
from dds.nl_event
where source = current_setting('terrace.source')
  and occurred_at >= (select from_time from span)
  and occurred_at < (select until_time from span)
  and session_hk <> dds.ghost_key()
