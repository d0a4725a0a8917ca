-- Offending: statuses of the loads ($1) that follow a CLOSED which a load before them brought. They
-- belong in quarantine. One that arrives before the CLOSED it follows is let in, and facts ignore it.
-- Kind: check. Reads: dds.s_order_status.
--
-- Loads of one source are judged one after the other, so a smaller id was judged before.
select
  later.order_hk, later.status, later.status_at, closed.status_at as closed_at
from dds.s_order_status as later
inner join dds.s_order_status as closed using (order_hk)
where later.load_id = any($1::bigint[])
  and later.status <> 'CLOSED'
  and closed.status = 'CLOSED'
  and closed.load_id < later.load_id
  and closed.status_at < later.status_at
