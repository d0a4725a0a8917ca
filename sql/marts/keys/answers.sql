-- Grain: one place and hour of which a batch says what the weather was. Kind: query, a temporary table
-- at the freeze of the batch. Reads: dds.mart_batch_load, dds.s_location_weather. Runs in
-- Postgres. Settings: terrace.batch_id.
select distinct said.location_hk, said.applied_at as weather_hour
from dds.mart_batch_load as loaded
inner join dds.s_location_weather as said using (load_id)
where loaded.batch_id = current_setting('terrace.batch_id')::bigint
