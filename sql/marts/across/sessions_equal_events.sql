-- Offending: sessions with events on the days that are not in fct_session once, with all their events.
-- Runs in ClickHouse when all tables of a batch are published. Parameters: source, days.
-- Kind: check. Reads: marts.fct_event, marts.fct_session.
--
-- Events are counted on the days from the first to the last that these sessions had: sessions may last
-- over midnight.
with held as (
  select distinct source, assumeNotNull(session_id) as session
  from marts.fct_event
  where source = {source:String} and day in {days:Array(Date)} and session_id is not null
),
found as (
  select source, session_id, started_at, ended_at, events
  from marts.fct_session
  where (source, session_id) in (select source, session from held)
),
compared as (
  select source, session, 0 as rows, 0 as in_fct_session, 0 as in_fct_event
  from held
  union all
  select source, session_id, 1, toInt64(events), 0
  from found
  union all
  select source, assumeNotNull(session_id), 0, 0, 1
  from marts.fct_event
  where day >= (select toDate32(min(started_at)) - 1 from found)
    and day <= (select toDate32(max(ended_at)) + 1 from found)
    and (source, assumeNotNull(session_id)) in (
      select source, session from held
    )
    and session_id is not null
)
select
  source,
  session as session_id,
  sum(rows) as sessions,
  sum(in_fct_session) as session_events,
  sum(in_fct_event) as counted_events
from compared
group by source, session
having sessions <> 1 or session_events <> counted_events
order by source, session
limit 100
