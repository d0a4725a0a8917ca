-- Grain: one source. Kind: query. Reads: dds.accounting_by_source, dds.load, dds.nl_event.
select
  source,
  sum(count_loaded)::text as messages,
  sum(count_duplicates)::text as duplicates,
  sum(count_quarantined)::text as quarantined,
  sum(count_pending)::text as pending,
  sum(difference)::text as unaccounted
from dds.accounting_by_source
group by source
order by source
