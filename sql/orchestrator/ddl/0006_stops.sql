-- What somebody decided about a task or a run whose code still runs: it takes that state when the code
-- has stopped. Null for all others.
alter table terrace.task_instance add column stop_as terrace.task_state;
alter table terrace.dag_run add column stop_as terrace.run_state;
