-- Grain: one day of which dds has an event or may have an order. Kind: query, for loads of a whole
-- table and rebuilds. Reads: dds.days_with_rows. Parameters: $1 first day, $2 last day, null for no
-- bound. Runs in Postgres.
select distinct day
from dds.days_with_rows($1::date, $2::date + 1)
order by day
