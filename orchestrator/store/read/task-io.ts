// What a task was given and what it returned.

import type { Pool } from '../../../connections/postgres.ts'
import type { Json } from '../../graph/serialized-dag.ts'
import { fetchPage, type Listed, type Page, sql, wherePattern } from './page.ts'

/** The arguments of a task in a version of its DAG, with references to outputs; null: no such task. */
export async function readArgs(
  pool: Pool,
  versionId: string,
  taskId: string,
): Promise<{ args: Json; inputs: string[] } | null> {
  const { rows } = await pool.query<{ task: { args: Json; inputs: string[] } | null }>(
    // The graph of a DAG may be megabytes: only the one task leaves the database.
    `select jsonb_path_query_first(graph, '$.tasks[*] ? (@.taskId == $id)',
              jsonb_build_object('id', $2::text)) as task
     from terrace.dag_version where id = $1`,
    [versionId, taskId],
  )
  return rows[0]?.task ?? null
}

export interface OutputRow {
  taskId: string
  mapIndex: number
  key: string
  value: Json
  createdAt: Date
}

export interface OutputFilter {
  taskIds?: readonly string[] | undefined
  mapIndex?: number | undefined
  key?: string | undefined
  keyPattern?: string | undefined
}

/** Outputs of tasks of one run. */
export async function listOutputs(
  pool: Pool,
  dagRunId: string,
  filter: OutputFilter,
  page: Page,
): Promise<Listed<OutputRow>> {
  const query = sql('terrace.task_output as o')
    .select('o.task_id as taskId', 'o.map_index as mapIndex', 'o.key', 'o.value')
    .select('o.created_at as createdAt')
    .where('o.dag_run_id', dagRunId)
  if (filter.taskIds) query.whereRaw('o.task_id = any (?)', [[...filter.taskIds]])
  if (filter.mapIndex !== undefined) query.where('o.map_index', filter.mapIndex)
  if (filter.key !== undefined) query.where('o.key', filter.key)
  wherePattern(query, 'o.key', filter.keyPattern)
  return fetchPage(pool, query, page, {}, 'o.task_id, o.map_index, o.key')
}
