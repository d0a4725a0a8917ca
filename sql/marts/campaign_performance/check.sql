-- Offending: campaigns that stand twice on a day, or figures below nothing.
-- Runs in ClickHouse before the rows are published. Parameters: staging, source, days.
-- Kind: check. Reads: the staged table.
with offending as (
  select
    source,
    day,
    campaign_id,
    count() as rows,
    countIf(
      cost < 0
      or revenue < 0
      or click_rate < 0
      or cost_per_click < 0
      or return_on_spend < 0
      or (click_rate is null) <> (impressions = 0)
    ) as contradictions
  from {staging:Identifier}
  where source = {source:String} and day in {days:Array(Date)}
  group by source, day, campaign_id
)
select
  source,
  day,
  campaign_id,
  rows,
  contradictions
from offending
where rows > 1 or contradictions > 0
order by source, day, campaign_id
limit 100
