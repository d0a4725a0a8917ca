-- Offending: days on which a total of the mart is not that of the facts. Kind: check. Reads:
-- marts.active_users_7d, marts.fct_event. Parameters: source, days. Runs in ClickHouse when all tables of
-- a batch are published.
--
-- Not compared: active_users_7d, new_users, returning_users and stickiness, which need other days.
with totals as (
  select
    source, day, 'facts' as side,
    arrayJoin([
      ('active_users_day', toDecimal128(uniqExact(user_id), 6))
    ]) as figure
  from marts.fct_event
  where source = {source:String} and day in {days:Array(Date)}
  group by source, day
  union all
  select
    source, day, 'mart',
    arrayJoin([
      ('active_users_day', toDecimal128(sum(active_users_day), 6))
    ])
  from marts.active_users_7d
  where source = {source:String} and day in {days:Array(Date)}
  group by source, day
)
select
  figure.1 as measure,
  source,
  toString(day) as on_day,
  sumIf(figure.2, side = 'facts') as facts,
  sumIf(figure.2, side = 'mart') as mart
from totals
group by measure, source, day
having facts <> mart
order by measure, source, day
limit 100
