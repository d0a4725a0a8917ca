-- Offending: days on which a total of the mart is not that of the facts. Kind: check. Reads:
-- marts.fct_event, marts.fct_order_line, marts.fct_session, marts.user_engagement. Parameters:
-- days. Runs in ClickHouse when all tables of a batch are published.
--
-- Amounts that are null count as nothing on both sides.
with totals as (
  select
    source, day, 'facts' as side,
    arrayJoin([
      ('events', toDecimal128(count(), 6)),
      ('views', toDecimal128(countIf(event_type = 'view'), 6)),
      ('carts', toDecimal128(countIf(event_type = 'cart'), 6)),
      ('purchases', toDecimal128(countIf(event_type = 'purchase'), 6))
    ]) as figure
  from marts.fct_event
  where source = {source:String} and day in {days:Array(Date)}
    and user_id is not null
  group by source, day
  union all
  select
    source, day, 'facts',
    arrayJoin([
      ('sessions', toDecimal128(count(), 6)),
      ('active_seconds', toDecimal128(sum(duration_seconds), 6))
    ])
  from marts.fct_session
  where source = {source:String} and day in {days:Array(Date)}
    and user_id is not null
  group by source, day
  union all
  select
    source, day, 'facts',
    arrayJoin([
      ('revenue', toDecimal128(sumIf(ifNull(amount_reporting, 0), is_revenue), 6)),
      ('pending_lines', toDecimal128(countIf(is_revenue and amount_reporting is null), 6))
    ])
  from marts.fct_order_line
  where source = {source:String} and day in {days:Array(Date)}
    and user_id is not null
  group by source, day
  union all
  select
    source, day, 'mart',
    arrayJoin([
      ('events', toDecimal128(sum(events), 6)),
      ('views', toDecimal128(sum(views), 6)),
      ('carts', toDecimal128(sum(carts), 6)),
      ('purchases', toDecimal128(sum(purchases), 6)),
      ('sessions', toDecimal128(sum(sessions), 6)),
      ('active_seconds', toDecimal128(sum(active_seconds), 6)),
      ('revenue', toDecimal128(sum(ifNull(revenue, 0)), 6)),
      ('pending_lines', toDecimal128(sum(pending_lines), 6))
    ])
  from marts.user_engagement
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
