// What the page's stream of changes compares: a mark for each thing that may change. Tables have no
// column that says when a row changed, so a mark is made of the row versions (xmin) of the rows that can
// still change: open runs with their tasks, the latest runs, whatever somebody has acted on. Old runs
// change only by an action, and each leaves its line in the audit log.
//
// All of it is read by index, and one server asks once for all of its readers.

import type { Pool } from '../../../connections/postgres.ts'

export const TOPICS = ['runs', 'dags', 'import_errors', 'processes', 'alerts'] as const

export type Topic = (typeof TOPICS)[number]

export interface Mark {
  topic: Topic
  /** null for what belongs to no DAG. */
  dagId: string | null
  /** Which of the marks of the same topic and DAG it is. */
  part: string
  mark: string
}

const MARKS = `
  with open as (
    select id, dag_id, state, xmin::text::int8 as mark
    from terrace.dag_run where state in ('queued', 'running')
  ),
  latest as (
    select dag_id, xmin::text::int8 as mark from terrace.dag_run order by id desc limit 100
  )
  select 'runs' as topic, dag_id as "dagId", 'open' as part,
    concat_ws(':', count(*), sum(mark)) as mark
  from open group by dag_id
  union all
  select 'runs', o.dag_id, 'tasks', concat_ws(':', count(*), sum(t.xmin::text::int8))
  from open o join terrace.task_instance t on t.dag_run_id = o.id
  where o.state = 'running'
  group by o.dag_id
  union all
  select 'runs', dag_id, 'latest', concat_ws(':', count(*), sum(mark))
  from latest group by dag_id
  union all
  select 'runs', l.dag_id, 'actions', max(l.id)::text
  from (select id, dag_id from terrace.audit_log order by id desc limit 50) as l
  where l.dag_id is not null
  group by l.dag_id
  union all
  select 'dags', d.dag_id, '',
    concat_ws(':', d.is_paused, d.is_stale, d.current_version_id, d.next_run_after, d.file_path)
  from terrace.dag d
  union all
  select 'import_errors', d.dag_id, e.file_path, md5(concat_ws(':', e.line, e.message))
  from terrace.import_error e left join terrace.dag d using (file_path)
  union all
  select 'processes', null, p.id::text,
    concat_ws(':', p.state, p.lease_until > clock_timestamp())
  from terrace.process p where p.state in ('running', 'draining')
  union all
  select 'alerts', null, '', concat_ws(':', count(*), sum(a.mark))
  from (select a.xmin::text::int8 as mark from terrace.alert a
        order by a.at desc, a.id desc limit 100) as a`

export async function readMarks(pool: Pool): Promise<Mark[]> {
  const { rows } = await pool.query<Mark>({ name: 'read_marks', text: MARKS })
  return rows
}
