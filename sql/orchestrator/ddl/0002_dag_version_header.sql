-- What schedulers and triggers ask of a version, without its tasks: a graph of 10,000 tasks is
-- megabytes, and each pass of a scheduler unpacked every DAG's to look for a schedule (6 ms a pass,
-- more than all that a run of one task costs the database).
alter table terrace.dag_version
  add column header jsonb not null generated always as (graph - '{tasks,edges,doc}'::text[]) stored;
