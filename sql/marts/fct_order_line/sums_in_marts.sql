-- Grain: day. Orders, and what the lines of closed ones are worth, all currencies as one number, to
-- hold against sums_in_dds.sql. Kind: check. Reads: the staged table. Runs in ClickHouse. Parameters: staging, days.
-- Qualified, as an alias would hide the column.
select
  toString(line.day) as day,
  toString(uniqExact(line.source, line.order_id)) as rows,
  toDecimalString(sumIf(ifNull(line.amount, 0), line.is_revenue), 4)
    as checksum
from {staging:Identifier} as line
where line.day in {days:Array(Date)}
group by line.day
