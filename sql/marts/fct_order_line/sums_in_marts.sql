-- Grain: day. Orders, and what their lines of revenue are worth, all currencies as one number, to
-- hold against sums_in_dds.sql. Kind: check. Reads: the staged table. Runs in ClickHouse. Parameters: staging, source, days.
-- Qualified, as an alias would hide the column.
select
  toString(line.day) as day,
  toString(uniqExact(line.source, line.order_id)) as rows,
  toDecimalString(sumIf(ifNull(line.amount, 0), line.is_revenue), 4)
    as checksum
from {staging:Identifier} as line
where line.source = {source:String} and line.day in {days:Array(Date)}
group by line.day
