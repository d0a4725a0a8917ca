-- Offending: orders that events of the days name, and that are not in fct_order_line, on one day.
-- Runs in ClickHouse when all tables of a batch are published. Parameters: source, days.
-- Kind: check. Reads: marts.fct_event, marts.fct_order_line.
with held as (
  select distinct source, assumeNotNull(order_id) as order_named
  from marts.fct_event
  where source = {source:String} and day in {days:Array(Date)} and order_id is not null
),
compared as (
  select source, order_named, null as day
  from held
  union all
  select source, order_id, day
  from marts.fct_order_line
  where (source, order_id) in (select source, order_named from held)
)
select
  source,
  order_named as order_id,
  uniqExact(day) as days
from compared
group by source, order_named
having days <> 1
order by source, order_named
limit 100
