import type { Pool } from '../../../connections/postgres.ts'
import { fetchPage, type Listed, type Page, sql, whereIn, wherePattern } from './page.ts'

interface AssetUse {
  dagId: string
  taskId: string | null
  createdAt: string
}

export interface AssetRow {
  /** Airflow's clients want a number; ours is the name, so this is its hash. */
  id: number
  name: string
  createdAt: Date
  scheduledDags: AssetUse[]
  producingTasks: AssetUse[]
  lastEvent: { id: number; createdAt: string } | null
}

const ID = `(hashtext(a.name) & 2147483647)`

const PRODUCERS = `(
  select coalesce(jsonb_agg(jsonb_build_object('dagId', v.dag_id, 'taskId', task ->> 'taskId',
           'createdAt', v.created_at) order by v.dag_id, task ->> 'taskId'), '[]')
  from terrace.dag d join terrace.dag_version v on v.id = d.current_version_id,
       jsonb_array_elements(v.graph -> 'tasks') as task
  where not d.is_stale and task -> 'outlets' @> to_jsonb(a.name))`

const SCHEDULED = `(
  select coalesce(jsonb_agg(jsonb_build_object('dagId', s.dag_id, 'taskId', null,
           'createdAt', d.created_at) order by s.dag_id), '[]')
  from terrace.asset_schedule s join terrace.dag d using (dag_id) where s.asset_name = a.name)`

const LAST_EVENT = `(
  select jsonb_build_object('id', hashtext(e.id::text) & 2147483647, 'createdAt', e.created_at)
  from terrace.asset_event e where e.asset_name = a.name order by e.created_at desc limit 1)`

export async function listAssets(
  pool: Pool,
  filter: {
    id?: number | undefined
    namePattern?: string | undefined
    dagIds?: string[] | undefined
  },
  page: Page,
): Promise<Listed<AssetRow>> {
  const query = sql('terrace.asset as a').select(
    sql.raw(`${ID} as id`),
    'a.name',
    'a.created_at as createdAt',
    sql.raw(`${SCHEDULED} as "scheduledDags"`),
    sql.raw(`${PRODUCERS} as "producingTasks"`),
    sql.raw(`${LAST_EVENT} as "lastEvent"`),
  )
  if (filter.id !== undefined) query.whereRaw(`${ID} = ?`, [filter.id])
  wherePattern(query, 'a.name', filter.namePattern)
  if (filter.dagIds?.length) {
    const used = sql('terrace.asset_schedule as s').select('s.asset_name')
    whereIn(used, 's.dag_id', filter.dagIds)
    query.whereIn('a.name', used)
  }
  const order = { id: ID, name: 'a.name', uri: 'a.name', created_at: 'a.created_at' }
  return fetchPage(pool, query, page, order, 'a.name')
}
