-- Offending: days on which a total of the mart is not that of the facts. Kind: check. Reads:
-- marts.fct_session, marts.session_analytics. Parameters: source, days. Runs in ClickHouse when all tables
-- of a batch are published.
--
-- Not compared: the durations and events_per_session: means and quantiles.
with totals as (
  select
    source, day, 'facts' as side,
    arrayJoin([
      ('sessions', toDecimal128(count(), 6)),
      ('bounces', toDecimal128(countIf(views + carts + purchases + orders <= 1), 6)),
      ('sessions_with_order', toDecimal128(countIf(orders > 0), 6))
    ]) as figure
  from marts.fct_session
  where source = {source:String} and day in {days:Array(Date)}
  group by source, day
  union all
  select
    source, day, 'mart',
    arrayJoin([
      ('sessions', toDecimal128(sum(sessions), 6)),
      ('bounces', toDecimal128(sum(bounces), 6)),
      ('sessions_with_order', toDecimal128(sum(sessions_with_order), 6))
    ])
  from marts.session_analytics
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
