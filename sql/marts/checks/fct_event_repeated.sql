-- Offending: events that stand twice in the days of the batch.
select event_hk, count() as rows
from marts.fct_event
where day in {days:Array(Date)}
group by event_hk
having count() > 1
limit 100
