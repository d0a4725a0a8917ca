-- Grain: one outer API, with its calls of this month. Kind: query.
-- Reads: raw.api_state, raw.api_month.
select
  state.api,
  coalesce(used.count_calls, 0) as count_calls,
  coalesce(used.count_failed, 0) as count_failed,
  to_char(
    state.paused_until at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'
  ) as paused_until,
  coalesce(state.paused_until > clock_timestamp(), false) as is_paused,
  to_char(
    state.last_answer_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'
  ) as last_answer_at,
  to_char(
    state.last_problem_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'
  ) as last_problem_at,
  state.last_problem
from raw.api_state as state
left join raw.api_month as used
  on used.api = state.api
  and used.month = date_trunc('month', now() at time zone 'UTC')::date
order by state.api
