-- Grain: day. Sessions and their events, to hold against sums_in_dds.sql.
-- Kind: check. Reads: the staged table. Runs in ClickHouse. Parameters: staging, source, days. Qualified, as an alias would hide the column.
select
  toString(session.day) as day,
  toString(count()) as rows,
  toString(sum(session.events)) as checksum
from {staging:Identifier} as session
where session.source = {source:String} and session.day in {days:Array(Date)}
group by session.day
