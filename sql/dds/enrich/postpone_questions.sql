-- Grain: one question that a call brought no answer to. Kind: state change.
-- Reads: dds.lookup_question.
-- Parameters: $1 kind, $2 questions, $3 whether it is the question that was refused, $4 problems.
--
-- The API may be well in a minute, and is left alone by its breaker until then; a question that it
-- refuses is hardly ever answered the next day. Either waits twice as long each time.
update dds.lookup_question as pending
set
  tries = pending.tries + 1,
  last_problem = failed.problem,
  next_try_at = clock_timestamp() + case
    when failed.is_refused
      then least(interval '1 day' * 2 ^ least(pending.tries, 10), interval '8 days')
    else least(interval '1 minute' * 2 ^ least(pending.tries, 10), interval '1 hour')
  end
from unnest($2::text[], $3::boolean[], $4::text[])
  as failed (question, is_refused, problem)
where pending.kind = $1 and pending.question = failed.question
