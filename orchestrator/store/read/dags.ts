import type { Pool } from '../../../connections/postgres.ts'
import type { SerializedDag } from '../../graph/serialized-dag.ts'
import type { RunState } from '../../graph/states.ts'
import { fetchPage, fetchRows, type Listed, type Page, sql, whereIn, wherePattern } from './page.ts'

export interface DagRow {
  dagId: string
  isPaused: boolean
  isStale: boolean
  filePath: string
  description: string | null
  tags: string[]
  owners: string[]
  scheduleSummary: string
  maxActiveRuns: number
  maxActiveTasks: number
  catchup: boolean
  nextIntervalStart: Date | null
  nextIntervalEnd: Date | null
  nextRunAfter: Date | null
  parsedAt: Date
  createdAt: Date
  hasImportErrors: boolean
  activeRuns: number
  lastRunState: RunState | null
}

export interface DagFilter {
  dagIds?: string[] | undefined
  dagIdPattern?: string | undefined
  /** Text that the id, the description or a tag contains, in any case. */
  search?: string | undefined
  tags?: string[] | undefined
  tagsMatchMode?: 'any' | 'all' | undefined
  owners?: string[] | undefined
  paused?: boolean | undefined
  excludeStale?: boolean | undefined
  hasImportErrors?: boolean | undefined
  lastRunState?: RunState | undefined
}

/** By id, the file that each DAG was last found in; of those whose file has gone none. */
export async function filesOfDags(pool: Pool): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ dag_id: string; file_path: string }>(
    'select dag_id, file_path from terrace.dag where not is_stale',
  )
  return new Map(rows.map(({ dag_id, file_path }) => [dag_id, file_path]))
}

const LAST_RUN = (column: string) =>
  `(select r.${column} from terrace.dag_run r where r.dag_id = d.dag_id order by r.run_after desc, r.id desc limit 1)`
const HAS_IMPORT_ERRORS =
  'exists (select from terrace.import_error e where e.file_path = d.file_path)'

const ORDER = {
  dag_id: 'd.dag_id',
  dag_display_name: 'd.dag_id',
  next_dagrun: 'd.next_interval_start',
  next_run_after: 'd.next_run_after',
  is_paused: 'd.is_paused',
  state: LAST_RUN('state'),
  start_date: LAST_RUN('started_at'),
  last_run_state: LAST_RUN('state'),
  last_run_start_date: LAST_RUN('started_at'),
}

function selectDags() {
  return sql('terrace.dag as d').select(
    'd.dag_id as dagId',
    'd.is_paused as isPaused',
    'd.is_stale as isStale',
    'd.file_path as filePath',
    'd.description',
    'd.tags',
    'd.owners',
    'd.schedule_summary as scheduleSummary',
    'd.max_active_runs as maxActiveRuns',
    'd.max_active_tasks as maxActiveTasks',
    'd.catchup',
    'd.next_interval_start as nextIntervalStart',
    'd.next_interval_end as nextIntervalEnd',
    'd.next_run_after as nextRunAfter',
    'd.parsed_at as parsedAt',
    'd.created_at as createdAt',
    sql.raw(`${HAS_IMPORT_ERRORS} as "hasImportErrors"`),
    sql.raw(`(select count(*)::int from terrace.dag_run r
              where r.dag_id = d.dag_id and r.state in ('queued', 'running')) as "activeRuns"`),
    sql.raw(`${LAST_RUN('state')} as "lastRunState"`),
  )
}

export async function listDags(pool: Pool, filter: DagFilter, page: Page): Promise<Listed<DagRow>> {
  const query = selectDags()
  whereIn(query, 'd.dag_id', filter.dagIds)
  wherePattern(query, 'd.dag_id', filter.dagIdPattern)
  if (filter.search) {
    const anywhere = `%${filter.search.replace(/[\\%_]/g, '\\$&')}%`
    query.whereRaw(
      `concat_ws(' ', d.dag_id, d.description, array_to_string(d.tags, ' ')) ilike ?`,
      [anywhere],
    )
  }
  if (filter.tags?.length) {
    query.whereRaw(filter.tagsMatchMode === 'all' ? 'd.tags @> ?' : 'd.tags && ?', [filter.tags])
  }
  if (filter.owners?.length) query.whereRaw('d.owners && ?', [filter.owners])
  if (filter.paused !== undefined) query.where('d.is_paused', filter.paused)
  if (filter.excludeStale) query.where('d.is_stale', false)
  if (filter.hasImportErrors !== undefined) {
    query.whereRaw(`${HAS_IMPORT_ERRORS} = ?`, [filter.hasImportErrors])
  }
  if (filter.lastRunState) query.whereRaw(`${LAST_RUN('state')} = ?`, [filter.lastRunState])
  return fetchPage(pool, query, page, ORDER, 'd.dag_id')
}

export async function readDag(pool: Pool, dagId: string): Promise<DagRow | null> {
  const rows = await fetchRows<DagRow>(pool, selectDags().where('d.dag_id', dagId))
  return rows[0] ?? null
}

export async function listDagIds(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ dag_id: string }>(
    'select dag_id from terrace.dag order by dag_id',
  )
  return rows.map((row) => row.dag_id)
}

export async function listTags(
  pool: Pool,
  pattern: string | undefined,
  page: Page,
): Promise<Listed<{ name: string }>> {
  const tags = sql
    .distinct(sql.raw('unnest(tags) as name'))
    .from('terrace.dag')
    .where('is_stale', false)
  const query = sql.from(tags.as('t')).select('t.name')
  wherePattern(query, 't.name', pattern)
  return fetchPage(pool, query, page, { name: 't.name' }, 't.name')
}

export interface DagStats {
  dagId: string
  counts: Record<RunState, number>
}

const RUNS_OF = {
  all: '',
  // As the index of open runs says it.
  open: `and state in ('queued', 'running')`,
  ended: `and state not in ('queued', 'running')`,
}

/** How many runs of each DAG are in which state; states that were not asked for are 0. */
export async function countRuns(
  pool: Pool,
  dagIds: readonly string[],
  which: keyof typeof RUNS_OF = 'all',
): Promise<DagStats[]> {
  const { rows } = await pool.query<{ dagId: string; counts: Partial<Record<RunState, number>> }>(
    `select d.dag_id as "dagId",
            coalesce(jsonb_object_agg(r.state, r.n) filter (where r.state is not null), '{}') as counts
     from terrace.dag d
     left join (select dag_id, state, count(*)::int as n from terrace.dag_run
                where (cardinality($1::text[]) = 0 or dag_id = any ($1)) ${RUNS_OF[which]}
                group by 1, 2) r
       on r.dag_id = d.dag_id
     where cardinality($1::text[]) = 0 or d.dag_id = any ($1)
     group by d.dag_id order by d.dag_id`,
    [dagIds],
  )
  return rows.map(({ dagId, counts }) => ({
    dagId,
    counts: { queued: 0, running: 0, success: 0, failed: 0, ...counts },
  }))
}

export interface VersionRow {
  id: string
  dagId: string
  versionNumber: number
  createdAt: Date
}

const VERSION_COLUMNS = [
  'v.id',
  'v.dag_id as dagId',
  'v.version_number as versionNumber',
  'v.created_at as createdAt',
]

export async function listVersions(
  pool: Pool,
  filter: { dagId?: string | undefined; versionNumber?: number | undefined },
  page: Page,
): Promise<Listed<VersionRow>> {
  const query = sql('terrace.dag_version as v').select(VERSION_COLUMNS)
  if (filter.dagId !== undefined) query.where('v.dag_id', filter.dagId)
  if (filter.versionNumber !== undefined) query.where('v.version_number', filter.versionNumber)
  const order = {
    id: 'v.id',
    version_number: 'v.version_number',
    created_at: 'v.created_at',
    dag_id: 'v.dag_id',
  }
  return fetchPage(pool, query, page, order, 'v.dag_id, v.version_number')
}

/** A version with its graph: the one of that number, or the DAG's current one. */
export async function readVersion(
  pool: Pool,
  dagId: string,
  versionNumber?: number,
): Promise<(VersionRow & { graph: SerializedDag; source: string | null }) | null> {
  const query = sql('terrace.dag_version as v')
    .select([...VERSION_COLUMNS, 'v.graph', 'v.source'])
    .where('v.dag_id', dagId)
  if (versionNumber === undefined) {
    query.join('terrace.dag as d', 'd.current_version_id', 'v.id')
  } else {
    query.where('v.version_number', versionNumber)
  }
  const rows = await fetchRows<VersionRow & { graph: SerializedDag; source: string | null }>(
    pool,
    query,
  )
  return rows[0] ?? null
}

/** Those of the ids that no version of the DAG has: a run keeps the version it was made with. */
export async function unknownTaskIds(
  pool: Pool,
  dagId: string,
  taskIds: readonly string[],
): Promise<string[]> {
  if (taskIds.length === 0) return []
  const { rows } = await pool.query<{ id: string }>(
    `select x.id from unnest($2::text[]) with ordinality as x(id, n)
     where not exists (
       select from terrace.dag_version v join terrace.dag_task k on k.dag_version_id = v.id
       where v.dag_id = $1 and k.task_id = x.id)
     order by x.n`,
    [dagId, taskIds],
  )
  return rows.map((row) => row.id)
}
