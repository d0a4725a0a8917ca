-- Decides for every `none` task instance of the given runs from the counts they have: the roots when
-- a run starts, whatever a clear laid bare, and (as a safety net) anything that was left behind.
-- The caller holds the runs' row locks.
create or replace function terrace.evaluate_runs(p_runs uuid[]) returns void
language plpgsql as $$
declare
  v_ended uuid[];
  v_more uuid[];
begin
  with moved as (
    update terrace.task_instance t
    set state = case d.follows when 'run' then 'scheduled' else d.follows end,
      scheduled_at = case d.follows when 'run' then clock_timestamp() else t.scheduled_at end,
      ended_at = case when d.follows = 'run' then null else clock_timestamp() end
    from (
      select c.id, terrace.decide(c.trigger_rule, c.n_upstream, c.n_success, c.n_failed,
        c.n_skipped, c.n_upstream_failed, c.n_removed) as follows
      from terrace.task_instance c
      where c.dag_run_id = any(p_runs) and c.state = 'none'
    ) d
    where t.id = d.id and t.state = 'none' and d.follows <> 'wait'
    returning t.id, t.state
  )
  select coalesce(array_agg(m.id) filter (where m.state <> 'scheduled'), '{}') into v_ended
  from moved m;

  if cardinality(v_ended) > 0 then
    select p.ended into v_more from terrace.propagate_ends(v_ended) p;
    perform terrace.count_ends(v_ended || v_more);
  end if;
end $$;

-- Takes ended task instances off their runs' count of unfinished ones.
create or replace function terrace.count_ends(p_ended uuid[]) returns void
language plpgsql as $$
begin
  update terrace.dag_run r set n_unfinished = r.n_unfinished - e.n
  from (
    select t.dag_run_id, count(*)::int as n
    from unnest(p_ended) x(id) join terrace.task_instance t on t.id = x.id group by t.dag_run_id
  ) e
  where r.id = e.dag_run_id;
end $$;
