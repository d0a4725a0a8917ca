// What schedulers do with time and assets: make each due run once, whichever scheduler is first.

import { inTransaction, type Pool, type PoolClient } from '../../connections/postgres.ts'
import { isSatisfied } from '../graph/asset-expression.ts'
import type { AssetExpression, DagHeader } from '../graph/serialized-dag.ts'
import { runIdFor } from '../timetable/run-ids.ts'
import { createRun, type MadeRun } from './runs.ts'

/** The interval that a DAG's next scheduled run covers. */
export interface NextInterval {
  start: Date
  end: Date
  /** When the run is due; the interval's end. */
  runAfter: Date
}

export interface ScheduledDag {
  dagId: string
  header: DagHeader
  next: NextInterval | null
  /** End of the latest interval that has a scheduled run; null before the first. */
  lastIntervalEnd: Date | null
  /** The database's clock: the only one that schedules are measured by. */
  now: Date
}

/** What becomes of a schedule: the run to make now, if one is due, and the interval that follows. */
export interface ScheduleStep {
  due: NextInterval | null
  /** null when no interval follows (end date, @once). */
  next: NextInterval | null
}

/** Whether a scheduled run of another interval has the logical date that this one would have. */
export type IsTaken = (interval: NextInterval) => Promise<boolean>

const HAS_ROOM = `(select count(*) from terrace.dag_run r
    where r.dag_id = d.dag_id and r.state in ('queued', 'running')) < d.max_active_runs`

/**
 * DAGs that are neither paused nor stale, whose next interval is unknown or due, and that have fewer
 * open runs than they may have active ones (catching up makes the next run when the last has ended).
 */
export async function dagsToSchedule(pool: Pool, limit = 500): Promise<string[]> {
  const { rows } = await pool.query<{ dag_id: string }>({
    name: 'dags_to_schedule',
    text: `select d.dag_id
           from terrace.dag d join terrace.dag_version v on v.id = d.current_version_id
           where not d.is_paused and not d.is_stale
             and (d.next_run_after <= now() or d.next_run_after is null)
             and ${HAS_ROOM}
             and (jsonb_typeof(v.header #> '{schedule,cron}') = 'object'
               or (v.header #> '{schedule,once}')::boolean)
             -- @once is done when it has its run.
             and not ((v.header #> '{schedule,once}')::boolean and exists (
               select from terrace.dag_run r
               where r.dag_id = d.dag_id and r.run_type = 'scheduled'))
           order by d.next_run_after nulls first, d.dag_id
           limit $1`,
    values: [limit],
  })
  return rows.map((row) => row.dag_id)
}

/**
 * Moves a DAG's schedule on: under its row lock reads where it stands, lets `decide` say what follows,
 * makes the run that is due and notes the next interval. Another scheduler, an edit, a pause or a run
 * may have come since somebody saw that the DAG is due: what counts is what is there under the lock.
 *
 * @returns what was done; null when there was nothing to do any more.
 */
export async function advanceSchedule(
  pool: Pool,
  dagId: string,
  decide: (dag: ScheduledDag, isTaken: IsTaken) => Promise<ScheduleStep>,
): Promise<{ step: ScheduleStep; run: MadeRun | null } | null> {
  return inTransaction(pool, async (client) => {
    const dag = await lockSchedule(client, dagId)
    if (!dag) return null
    const step = await decide(dag, async ({ start, end }) => {
      const { rowCount } = await client.query(
        `select from terrace.dag_run where dag_id = $1 and logical_date = $2
           and run_type = 'scheduled' and data_interval_end <> $3`,
        [dagId, start, end],
      )
      return rowCount === 1
    })
    const { due, next } = step
    const run =
      due &&
      (await createRun(client, {
        dagId,
        runId: runIdFor('scheduled', due.runAfter),
        runType: 'scheduled',
        triggeredBy: 'timetable',
        logicalDate: due.start,
        dataIntervalStart: due.start,
        dataIntervalEnd: due.end,
        runAfter: due.runAfter,
      }))
    await client.query(
      `update terrace.dag set next_interval_start = $2, next_interval_end = $3, next_run_after = $4
       where dag_id = $1`,
      [dagId, next?.start ?? null, next?.end ?? null, next?.runAfter ?? null],
    )
    return { step, run }
  })
}

/** In a statement of its own after the lock: one that locks still sees what was there before it. */
async function lockSchedule(client: PoolClient, dagId: string): Promise<ScheduledDag | null> {
  await client.query('select from terrace.dag where dag_id = $1 for no key update', [dagId])
  const { rows } = await client.query({
    name: 'locked_schedule',
    text: `select v.header, d.next_interval_start, d.next_interval_end, d.next_run_after,
             clock_timestamp() as now,
             (select max(r.data_interval_end) from terrace.dag_run r
              where r.dag_id = d.dag_id and r.run_type = 'scheduled') as last_interval_end
           from terrace.dag d join terrace.dag_version v on v.id = d.current_version_id
           where d.dag_id = $1 and not d.is_paused and not d.is_stale and ${HAS_ROOM}
             and (d.next_run_after <= clock_timestamp() or d.next_run_after is null)`,
    values: [dagId],
  })
  const row = rows[0]
  return (
    row && {
      dagId,
      header: row.header,
      next: row.next_run_after && {
        start: row.next_interval_start,
        end: row.next_interval_end,
        runAfter: row.next_run_after,
      },
      lastIntervalEnd: row.last_interval_end,
      now: row.now,
    }
  )
}

interface AssetSchedule {
  dagId: string
  expression: AssetExpression | null
  /** Names of assets with events that no run has consumed. */
  assetNames: string[]
}

const PENDING_ASSETS = `
  select p.dag_id as "dagId", v.header #> '{schedule,assets}' as expression,
    array_agg(distinct p.asset_name) as "assetNames"
  from terrace.asset_pending p
  join terrace.dag d on d.dag_id = p.dag_id and not d.is_paused and not d.is_stale
  join terrace.dag_version v on v.id = d.current_version_id
  where ${HAS_ROOM} and ($1::text is null or d.dag_id = $1)
  group by p.dag_id, v.header order by p.dag_id`

const isRunDue = ({ expression, assetNames }: AssetSchedule) =>
  expression !== null && isSatisfied(expression, new Set(assetNames))

/**
 * DAGs whose asset expression is satisfied by events that no run has consumed, and that have room for
 * another run: events during a run wait for the next one.
 */
export async function dagsDueByAssets(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<AssetSchedule>({
    name: 'pending_assets',
    text: PENDING_ASSETS,
    values: [null],
  })
  return rows.filter(isRunDue).map(({ dagId }) => dagId)
}

/**
 * Makes one run that consumes every event the DAG has pending. Whether one is due is decided anew under
 * the DAG's row lock: another scheduler may have consumed what was seen before it, and what has come
 * since may be one asset of several.
 *
 * @returns null when nothing is due any more.
 */
export async function createAssetRun(
  pool: Pool,
  dagId: string,
  runId: string,
  now: Date,
): Promise<MadeRun | null> {
  return inTransaction(pool, async (client) => {
    await client.query('select from terrace.dag where dag_id = $1 for no key update', [dagId])
    const { rows } = await client.query<AssetSchedule>(PENDING_ASSETS, [dagId])
    if (!rows[0] || !isRunDue(rows[0])) return null
    const { rows: events } = await client.query<{ asset_event_id: string }>(
      'delete from terrace.asset_pending where dag_id = $1 returning asset_event_id',
      [dagId],
    )
    const run = await createRun(client, {
      dagId,
      runId,
      mayNumber: true,
      runType: 'asset_triggered',
      triggeredBy: 'asset',
      logicalDate: null,
      dataIntervalStart: null,
      dataIntervalEnd: null,
      runAfter: now,
    })
    await client.query(
      `insert into terrace.dag_run_asset_event (dag_run_id, asset_event_id)
       select $1, unnest($2::uuid[])`,
      [run.dagRunId, events.map((event) => event.asset_event_id)],
    )
    return run
  })
}

/** DAGs with queued runs whose time has come and room to start one. */
export async function dagsWithStartableRuns(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ dag_id: string }>({
    name: 'dags_with_startable_runs',
    text: `select d.dag_id from terrace.dag d
           where not d.is_paused and exists (
               select from terrace.dag_run r
               where r.dag_id = d.dag_id and r.state = 'queued' and r.run_after <= clock_timestamp())
             and (select count(*) from terrace.dag_run r
                  where r.dag_id = d.dag_id and r.state = 'running') < d.max_active_runs
           order by d.dag_id`,
  })
  return rows.map((row) => row.dag_id)
}

/**
 * Milliseconds (on the database's clock) until something falls due by itself; null when nothing waits
 * for time. What is due already and was held up by a limit or a lock is woken by events.
 */
export async function nextDueInMs(pool: Pool): Promise<number | null> {
  const { rows } = await pool.query<{ due_in_ms: number | null }>({
    name: 'next_due_in_ms',
    text: `select (extract(epoch from least(
             (select min(next_run_after) from terrace.dag
              where not is_paused and not is_stale and next_run_after > clock_timestamp()),
             (select min(run_after) from terrace.task_instance
              where state in ('up_for_retry', 'up_for_reschedule')
                and run_after > clock_timestamp()),
             (select min(run_after) from terrace.dag_run
              where state = 'queued' and run_after > clock_timestamp())
           ) - clock_timestamp()) * 1000)::float8 as due_in_ms`,
  })
  return rows[0]!.due_in_ms
}

/** Assets that DAGs are scheduled on and whose name starts with `prefix` (`log:`), with positions. */
export async function watchedAssets(
  pool: Pool,
  prefix: string,
): Promise<{ name: string; position: unknown }[]> {
  const { rows } = await pool.query(
    `select a.name, a.watch_position as position from terrace.asset a
     where starts_with(a.name, $1) and exists (
       select from terrace.asset_schedule s where s.asset_name = a.name)
     order by a.name`,
    [prefix],
  )
  return rows
}

/**
 * Moves a watched asset's position, compared and set, and records the update in the same transaction.
 * False when another scheduler was first.
 */
export async function moveWatch(
  pool: Pool,
  asset: string,
  from: unknown,
  to: object,
): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `update terrace.asset set watch_position = $3
       where name = $1 and watch_position is not distinct from $2::jsonb`,
      [asset, from === null ? null : JSON.stringify(from), JSON.stringify(to)],
    )
    if (rowCount === 0) return false
    await client.query('select terrace.emit_assets($1)', [
      JSON.stringify([{ asset, extra: { position: to } }]),
    ])
    return true
  })
}
