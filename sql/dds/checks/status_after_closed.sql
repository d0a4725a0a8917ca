-- Offending: statuses of the loads ($1) that follow a CLOSED which a load before them brought. They
-- belong in quarantine. One that arrives before the CLOSED it follows is let in, and facts ignore it.
-- Kind: check. Reads: dds.load, dds.s_order_status.
with loads as (
  select staged_at
  from dds.load
  where load_id = any($1::bigint[])
)
select
  later.order_hk, later.status, later.status_at, closed.status_at as closed_at
from dds.s_order_status as later
inner join dds.s_order_status as closed using (order_hk)
where later.load_dts = any(array(select staged_at from loads))
  and later.status <> 'CLOSED'
  and closed.status = 'CLOSED'
  and closed.load_dts < later.load_dts
  and closed.status_at < later.status_at
