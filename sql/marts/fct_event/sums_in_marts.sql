-- Grain: day. Rows and a checksum over event keys, to hold against sums_in_dds.sql.
-- Kind: check. Reads: the staged table. Runs in ClickHouse. Parameters: staging, source, days. Qualified, as an alias would hide the column.
select
  toString(event.day) as day,
  toString(count()) as rows,
  toString(
    sum(
      reinterpretAsUInt32(
        reverse(unhex(substring(toString(event_hk), 1, 8)))
      )
    )
  ) as checksum
from {staging:Identifier} as event
where event.source = {source:String} and event.day in {days:Array(Date)}
group by event.day
