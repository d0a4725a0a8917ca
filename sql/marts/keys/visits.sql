-- Grain: one session, order or none, and hour that has an answer somewhere. Kind: query, a temporary
-- table at the freeze of the batch. Reads: answers, by marts/keys/answers.sql; dds.l_order_session,
-- dds.nl_event, dds.s_order_cost. Runs in Postgres.
--
-- By their hours: a place may have had sessions for years. An order that is said twice may have the
-- time of one message and the session of the other.
with hours as (
  select distinct weather_hour
  from answers
)
select distinct
  event.session_hk, null::uuid as order_hk, hours.weather_hour
from hours
inner join dds.nl_event as event
  on event.occurred_at >= hours.weather_hour
  and event.occurred_at < hours.weather_hour + interval '1 hour'
where event.session_hk <> dds.ghost_key()
union all
select distinct ordered.session_hk, said.order_hk, hours.weather_hour
from hours
inner join dds.s_order_cost as said
  on said.ordered_at >= hours.weather_hour
  and said.ordered_at < hours.weather_hour + interval '1 hour'
inner join dds.l_order_session as ordered using (order_hk)
