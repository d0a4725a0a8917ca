// Ids from the command line to rows, with a message for ids that do not exist: the closest ones, and
// the command that lists all. Such a call is wrong, so the exit code is 2.

import type { Pool } from '../../connections/postgres.ts'
import { findUser, listUsers, type User } from '../accounts/users.ts'
import type { SerializedDag } from '../graph/serialized-dag.ts'
import { type DagRow, listDagIds, readDag, readVersion } from '../store/read/dags.ts'
import { listImportErrors } from '../store/read/import-errors.ts'
import { type RunRow, readRun, recentRunIds } from '../store/read/runs.ts'
import { suggestion, UsageError } from './errors.ts'

export async function requireDag(pool: Pool, dagId: string): Promise<DagRow> {
  const dag = await readDag(pool, dagId)
  if (dag) return dag
  const hint = suggestion(dagId, await listDagIds(pool), 'terrace dags list')
  const broken = (await listImportErrors(pool, {}, { limit: 1, offset: 0, orderBy: [] })).total > 0
  const where = broken ? ' Files that do not load: terrace dags list-import-errors' : ''
  throw new UsageError(`There is no DAG "${dagId}". ${hint}${where}`)
}

export async function requireGraph(pool: Pool, dagId: string): Promise<SerializedDag> {
  await requireDag(pool, dagId)
  const version = await readVersion(pool, dagId)
  if (version) return version.graph
  throw new UsageError(
    `The DAG "${dagId}" has never loaded, so its tasks are not known. See: terrace dags list-import-errors`,
  )
}

export async function requireRun(pool: Pool, dagId: string, runId: string): Promise<RunRow> {
  await requireDag(pool, dagId)
  const run = await readRun(pool, dagId, runId)
  if (run) return run
  const hint = suggestion(runId, await recentRunIds(pool, dagId), `terrace dags list-runs ${dagId}`)
  throw new UsageError(`The DAG "${dagId}" has no run "${runId}". ${hint}`)
}

/** The tasks that a regular expression matches anywhere in their id; all of them without one. */
export function matchingTasks(graph: SerializedDag, regex: RegExp | undefined): string[] | null {
  if (!regex) return null
  const ids = graph.tasks.map((task) => task.taskId)
  const matching = ids.filter((id) => regex.test(id))
  if (matching.length > 0) return matching
  const hint = suggestion(regex.source, ids, `terrace tasks list ${graph.dagId}`)
  throw new UsageError(`No task of "${graph.dagId}" matches /${regex.source}/. ${hint}`)
}

export function requireTask(graph: SerializedDag, taskId: string) {
  const task = graph.tasks.find((one) => one.taskId === taskId)
  if (task) return task
  const ids = graph.tasks.map((one) => one.taskId)
  const hint = suggestion(taskId, ids, `terrace tasks list ${graph.dagId}`)
  throw new UsageError(`The DAG "${graph.dagId}" has no task "${taskId}". ${hint}`)
}

export async function requireUser(pool: Pool, name: string): Promise<User> {
  const user = await findUser(pool, name)
  if (user) return user
  const names = (await listUsers(pool)).map((one) => one.name)
  throw new UsageError(
    `There is no user "${name}". ${suggestion(name, names, 'terrace users list')}`,
  )
}
