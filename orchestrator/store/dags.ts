// DAGs and their versions. A version is made when the structure changes and only then; runs are
// pinned to the version they were made with.

import { inTransaction, type Pool, type PoolClient } from '../../connections/postgres.ts'
import { storableText } from '../../connections/postgres-text.ts'
import { assetNames } from '../graph/asset-expression.ts'
import type { SerializedDag } from '../graph/serialized-dag.ts'
import { StoreError } from './store-error.ts'

/** A DAG as the DAG processor found it. */
export interface RegisteredDag {
  /** Relative to the DAG folder, with forward slashes. */
  filePath: string
  /** Hash of the file and of all it imports from the project. */
  codeHash: string
  /** Hash of the serialised graph: another one makes a new version. */
  structureHash: string
  serialized: SerializedDag
  /** The file's text, for people to look at. */
  source: string | null
}

export interface ImportErrorRow {
  filePath: string
  message: string
  line: number | null
}

/**
 * Stores what one scan of the DAG folder found: DAGs, new versions, import errors. DAGs whose file is
 * gone become stale (nothing new starts, history stays); a DAG whose file has an import error is left
 * as it was.
 *
 * @returns ids of the DAGs that are new or have a new version.
 */
export async function registerDags(
  pool: Pool,
  scan: {
    dags: readonly RegisteredDag[]
    importErrors: readonly ImportErrorRow[]
    /** Files that the scan has not got to: what they define is left as it was. */
    pendingFiles?: readonly string[]
  },
): Promise<string[]> {
  return inTransaction(pool, async (client) => {
    // One scan at a time: two processors may run, and DAG rows are locked in a known order.
    await client.query(`select pg_advisory_xact_lock(hashtext('terrace.register_dags'))`)
    const changed: string[] = []
    const { usable: dags, errors: poolErrors } = withKnownPools(
      [...scan.dags].sort((a, b) => (a.serialized.dagId < b.serialized.dagId ? -1 : 1)),
      (await client.query<{ name: string }>('select name from terrace.pool order by name')).rows,
    )
    const importErrors = oneForEachFile([...scan.importErrors, ...poolErrors])
    for (const dag of dags) {
      if (await registerDag(client, dag)) changed.push(dag.serialized.dagId)
    }
    const brokenFiles = importErrors.map((error) => error.filePath)
    await client.query(
      `update terrace.dag set is_stale = true
       where not is_stale and dag_id <> all($1) and file_path <> all($2)`,
      [dags.map((dag) => dag.serialized.dagId), [...brokenFiles, ...(scan.pendingFiles ?? [])]],
    )
    await client.query('delete from terrace.import_error where file_path <> all($1)', [
      [...brokenFiles, ...(scan.pendingFiles ?? [])],
    ])
    for (const error of importErrors) await noteImportError(client, error)
    await client.query(`select pg_notify('terrace_scheduler', 'dags_registered')`)
    return changed
  })
}

/** A file that defines several DAGs may have several: said one by one they would be news at each scan. */
function oneForEachFile(errors: readonly ImportErrorRow[]): ImportErrorRow[] {
  const byFile = new Map<string, ImportErrorRow>()
  for (const error of errors) {
    const known = byFile.get(error.filePath)
    const message = known ? `${known.message}\n${error.message}` : error.message
    byFile.set(error.filePath, { ...error, message, line: known?.line ?? error.line })
  }
  return [...byFile.values()]
}

/** Absolute paths up to the file's name. */
const FOLDERS = String.raw`(^|[\s'"(])(file://)?/[^\s'"]*/`

/**
 * Stores what does not load, with an alert when it is new or another error than before. Folders make
 * no other error: schedulers whose checkouts stand in different ones would be news to each other.
 */
async function noteImportError(client: PoolClient, error: ImportErrorRow): Promise<void> {
  const message = storableText(error.message)
  const { rowCount } = await client.query(
    `update terrace.import_error set line = $3, last_seen_at = now()
     where file_path = $1
       and regexp_replace(message, $4, '\\1', 'g') = regexp_replace($2, $4, '\\1', 'g')`,
    [error.filePath, message, error.line, FOLDERS],
  )
  if (rowCount === 1) return
  await client.query(
    `with noted as (
       insert into terrace.import_error (file_path, message, line) values ($1, $2, $3)
       on conflict (file_path) do update set message = excluded.message, line = excluded.line,
         last_seen_at = now()
     )
     insert into terrace.alert (id, kind, dag_id, file_path, error)
     select terrace.uuid_v7(), 'import_error',
       case when count(d.dag_id) = 1 then min(d.dag_id) end, $1, $2
     from terrace.dag d where d.file_path = $1`,
    [error.filePath, message, error.line],
  )
}

/** A task of a pool that does not exist would wait for ever: its DAG is an import error instead. */
function withKnownPools(dags: readonly RegisteredDag[], pools: readonly { name: string }[]) {
  const known = new Set(pools.map((pool) => pool.name))
  const errors: ImportErrorRow[] = []
  const usable = dags.filter(({ serialized, filePath }) => {
    const task = serialized.tasks.find((one) => !known.has(one.pool))
    if (task)
      errors.push({
        filePath,
        line: null,
        message:
          `DAG "${serialized.dagId}": task "${task.taskId}" asks for the pool "${task.pool}", which ` +
          `does not exist. Pools: ${[...known].join(', ')}. Use one of them, or leave the pool out.`,
      })
    return !task
  })
  return { usable, errors }
}

async function registerDag(client: PoolClient, dag: RegisteredDag): Promise<boolean> {
  const { serialized } = dag
  const { rows } = await client.query<{ structure_hash: string | null }>(
    `insert into terrace.dag (dag_id, file_path, code_hash, is_paused)
     values ($1, $2, $3, $4)
     on conflict (dag_id) do update set file_path = excluded.file_path,
       code_hash = excluded.code_hash, is_stale = false, parsed_at = now()
     returning (select v.structure_hash from terrace.dag_version v
                where v.id = dag.current_version_id) as structure_hash`,
    [serialized.dagId, dag.filePath, dag.codeHash, serialized.pausedUponCreation],
  )
  if (rows[0]!.structure_hash === dag.structureHash) return false
  const versionId = await insertVersion(client, dag)
  await client.query(
    `update terrace.dag set current_version_id = $2, description = $3, tags = $4, owners = $5,
       schedule_summary = $6, max_active_runs = $7, max_active_tasks = $8, catchup = $9,
       -- A new structure may be a new schedule: the scheduler works the next interval out anew.
       next_interval_start = null, next_interval_end = null, next_run_after = null
     where dag_id = $1`,
    [
      serialized.dagId,
      versionId,
      serialized.description,
      serialized.tags,
      serialized.owners,
      serialized.schedule.summary,
      serialized.maxActiveRuns,
      serialized.maxActiveTasks,
      serialized.catchup,
    ],
  )
  await replaceAssetSchedule(client, serialized)
  return true
}

async function insertVersion(client: PoolClient, dag: RegisteredDag): Promise<string> {
  const { serialized } = dag
  const { rows } = await client.query<{ id: string }>(
    `insert into terrace.dag_version (id, dag_id, version_number, structure_hash, graph, source)
     values (terrace.uuid_v7(), $1,
       (select coalesce(max(version_number), 0) + 1 from terrace.dag_version where dag_id = $1),
       $2, $3, $4)
     returning id`,
    [
      serialized.dagId,
      dag.structureHash,
      serialized,
      dag.source === null ? null : storableText(dag.source),
    ],
  )
  const versionId = rows[0]!.id
  const nUpstream = new Map<string, number>()
  for (const [, downstream] of serialized.edges)
    nUpstream.set(downstream, (nUpstream.get(downstream) ?? 0) + 1)
  const upstreamIds = new Set(serialized.edges.map(([upstream]) => upstream))
  await client.query(
    `insert into terrace.dag_task (dag_version_id, task_id, position, is_leaf, n_upstream,
       trigger_rule, retries, pool, pool_slots, queue, priority_weight, inputs)
     select $1, k.task_id, k.position, k.is_leaf, k.n_upstream, k.trigger_rule, k.retries, k.pool,
       k.pool_slots, k.queue, k.priority_weight, k.inputs
     from jsonb_to_recordset($2) as k(task_id text, position int, is_leaf boolean, n_upstream int,
       trigger_rule text, retries int, pool text, pool_slots int, queue text, priority_weight int,
       inputs text[])`,
    [
      versionId,
      JSON.stringify(
        serialized.tasks.map((task, position) => ({
          task_id: task.taskId,
          position,
          is_leaf: !upstreamIds.has(task.taskId),
          n_upstream: nUpstream.get(task.taskId) ?? 0,
          trigger_rule: task.triggerRule,
          retries: task.retries,
          pool: task.pool,
          pool_slots: task.poolSlots,
          queue: task.queue,
          priority_weight: task.priorityWeight,
          inputs: task.inputs,
        })),
      ),
    ],
  )
  await client.query(
    `insert into terrace.dag_edge (dag_version_id, upstream_task_id, downstream_task_id)
     select $1, e.upstream, e.downstream from unnest($2::text[], $3::text[]) as e(upstream, downstream)`,
    [versionId, serialized.edges.map(([up]) => up), serialized.edges.map(([, down]) => down)],
  )
  return versionId
}

async function replaceAssetSchedule(client: PoolClient, dag: SerializedDag): Promise<void> {
  const scheduled = dag.schedule.assets ? assetNames(dag.schedule.assets) : []
  const named = [...new Set([...scheduled, ...dag.tasks.flatMap((task) => task.outlets)])].sort()
  await client.query(
    `insert into terrace.asset (name) select unnest($1::text[]) on conflict do nothing`,
    [named],
  )
  await client.query('delete from terrace.asset_schedule where dag_id = $1', [dag.dagId])
  await client.query(
    `insert into terrace.asset_schedule (asset_name, dag_id) select unnest($1::text[]), $2`,
    [scheduled, dag.dagId],
  )
  await client.query(
    'delete from terrace.asset_pending where dag_id = $1 and asset_name <> all($2)',
    [dag.dagId, scheduled],
  )
}

/** @throws StoreError when there is no such DAG. */
export async function setPaused(
  pool: Pool,
  dagId: string,
  paused: boolean,
  actor: string,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `update terrace.dag set is_paused = $2 where dag_id = $1`,
      [dagId, paused],
    )
    if (rowCount === 0) throw StoreError.dagNotFound(dagId)
    await audit(client, actor, paused ? 'dag.pause' : 'dag.unpause', { dagId })
    await client.query(`select pg_notify('terrace_scheduler', 'dag_paused')`)
  })
}

/**
 * Deletes a DAG with its runs, attempts, outputs and logs. A DAG whose file is still there comes back,
 * without history, with the next scan.
 *
 * @throws StoreError when there is no such DAG, or when one of its runs is still running.
 */
export async function deleteDag(pool: Pool, dagId: string, actor: string): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      'select from terrace.dag where dag_id = $1 for update',
      [dagId],
    )
    if (rowCount === 0) throw StoreError.dagNotFound(dagId)
    await client
      .query(
        `select terrace.delete_runs(array(select id from terrace.dag_run where dag_id = $1), null)`,
        [dagId],
      )
      .catch((error: Error & { detail?: string }) => {
        if (error.message === 'terrace_task_is_running')
          throw StoreError.dagIsRunning(dagId, Number(error.detail))
        throw error
      })
    await client.query('delete from terrace.dag where dag_id = $1', [dagId])
    await audit(client, actor, 'dag.delete', { dagId })
  })
}

/** One line of the audit log, in the caller's transaction. */
export async function audit(
  client: PoolClient,
  actor: string,
  action: string,
  about: { dagId?: string; runId?: string; taskId?: string; detail?: object },
): Promise<void> {
  await client.query(
    `insert into terrace.audit_log (actor, action, dag_id, run_id, task_id, detail)
     values ($1, $2, $3, $4, $5, $6)`,
    [actor, action, about.dagId, about.runId, about.taskId, about.detail ?? {}],
  )
}
