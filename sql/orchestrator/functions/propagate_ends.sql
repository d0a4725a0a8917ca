-- Tells the dependents of ended task instances, and theirs, until nothing follows any more:
-- counts go up, and a dependent that its trigger rule decides leaves `none` for scheduled, skipped
-- or upstream_failed. Returns those that became ready and those that ended on the way.
--
-- The caller holds the runs' row locks, so each count moves once per ended upstream.
create or replace function terrace.propagate_ends(
  p_ended uuid[], out ready uuid[], out ended uuid[]
) language plpgsql as $$
declare
  v_frontier uuid[] := p_ended;
  v_ready uuid[];
begin
  ready := '{}';
  ended := '{}';
  while cardinality(v_frontier) > 0 loop
    with upstream as (
      select t.dag_run_id, t.dag_version_id, t.task_id, t.state
      from unnest(v_frontier) f(id) join terrace.task_instance t on t.id = f.id
    ), delta as (
      select d.id, d.state, d.trigger_rule, d.n_upstream,
        d.n_success, count(*) filter (where u.state = 'success')::int as success,
        d.n_failed, count(*) filter (where u.state = 'failed')::int as failed,
        d.n_skipped, count(*) filter (where u.state = 'skipped')::int as skipped,
        d.n_upstream_failed,
        count(*) filter (where u.state = 'upstream_failed')::int as upstream_failed,
        d.n_removed, count(*) filter (where u.state = 'removed')::int as removed
      from upstream u
      join terrace.dag_edge e
        on e.dag_version_id = u.dag_version_id and e.upstream_task_id = u.task_id
      -- `offset 0` makes it a look-up by run and task. A join may be planned as one by run alone,
      -- which is quadratic in the width of a fan-out.
      cross join lateral (
        select d.* from terrace.task_instance d
        where d.dag_run_id = u.dag_run_id and d.task_id = e.downstream_task_id offset 0) d
      group by d.id, d.state, d.trigger_rule, d.n_upstream, d.n_success, d.n_failed, d.n_skipped,
        d.n_upstream_failed, d.n_removed
    ), decision as (
      select d.id, d.success, d.failed, d.skipped, d.upstream_failed, d.removed,
        case when d.state <> 'none' then 'wait' else terrace.decide(
          d.trigger_rule, d.n_upstream, d.n_success + d.success, d.n_failed + d.failed,
          d.n_skipped + d.skipped, d.n_upstream_failed + d.upstream_failed,
          d.n_removed + d.removed) end as follows
      from delta d
    ), moved as (
      update terrace.task_instance t
      set n_success = t.n_success + d.success, n_failed = t.n_failed + d.failed,
        n_skipped = t.n_skipped + d.skipped,
        n_upstream_failed = t.n_upstream_failed + d.upstream_failed,
        n_removed = t.n_removed + d.removed,
        state = case d.follows when 'wait' then t.state when 'run' then 'scheduled'
          else d.follows end,
        scheduled_at = case d.follows when 'run' then clock_timestamp() else t.scheduled_at end,
        ended_at = case when d.follows in ('skipped', 'upstream_failed') then clock_timestamp()
          else t.ended_at end
      from decision d where t.id = d.id
      returning t.id, d.follows
    )
    select
      coalesce(array_agg(m.id) filter (where m.follows = 'run'), '{}'),
      coalesce(array_agg(m.id) filter (where m.follows in ('skipped', 'upstream_failed')), '{}')
    into v_ready, v_frontier
    from moved m;

    ready := ready || v_ready;
    ended := ended || v_frontier;
  end loop;
end $$;
