-- Grain: one session that a batch changes. Kind: query, what a load of changes asks for. Reads:
-- dds.batch_sessions. Runs in Postgres. Settings: terrace.batch_id.
select session_hk
from dds.batch_sessions(current_setting('terrace.batch_id')::bigint)
