-- Grain: one day of which dds has an event or may have an order of a source. Kind: query, for loads of a
-- whole table and rebuilds. Reads: dds.load_day. Parameters: $1 first day, $2 last day, null for no
-- bound, $3 source. Runs in Postgres.
select distinct day
from dds.load_day
where source = $3
  and day >= coalesce($1::date, '-infinity')
  and day <= coalesce($2::date, 'infinity')
order by day
