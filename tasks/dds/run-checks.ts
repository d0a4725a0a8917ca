// The checks of raw and dds: each is a query that returns offending rows (sql/*/checks). Any row
// fails the task, without retry, and the message shows which: the loads stay unfinished, and nothing
// of them is published. Notes (sql/dds/notes) are worth knowing and never an error.

import { connections } from '../../connections/index.ts'
import { inTransaction, type Pool, type Queryable } from '../../connections/postgres.ts'
import { eachInLanes } from '../../connections/side-by-side.ts'
import { listSqlFiles, sqlFile } from '../../connections/sql-file.ts'
import { counted } from '../../orchestrator/counted.ts'
import { DataCheckFailed, type TaskContext } from '../../orchestrator/sdk/index.ts'
import { groupsOf, type LoadArgs } from './load-targets.ts'

const SHOWN_ROWS = 5
const CHECKS_AT_ONCE = 2

export interface CheckResult {
  passed: string[]
  /** Rows of each note. */
  noted: Record<string, number>
}

export async function checkLoads({ loads }: LoadArgs, context: TaskContext): Promise<CheckResult> {
  const { warehouse } = await connections()
  const files = await checkFiles()
  const noted: Record<string, number> = {}
  for (const loadIds of groupsOf(loads.loadIds)) {
    failWith(await failuresSideBySide(warehouse, files, loadIds, context.signal), loadIds)
    for (const [note, count] of Object.entries(await takeNotes(warehouse, loadIds, context)))
      noted[note] = (noted[note] ?? 0) + count
  }
  return { passed: files, noted }
}

/**
 * Runs every check on one connection; `rewrite` points them at other tables.
 * @throws DataCheckFailed when one finds a row
 */
export async function passChecks(
  db: Queryable,
  loadIds: readonly string[],
  signal: AbortSignal,
  rewrite: (sql: string) => string,
): Promise<void> {
  failWith(await failuresOf(db, await checkFiles(), loadIds, signal, rewrite), loadIds)
}

async function checkFiles(): Promise<string[]> {
  return [...(await listSqlFiles('raw/checks')), ...(await listSqlFiles('dds/checks'))]
}

async function failuresSideBySide(
  warehouse: Pool,
  files: readonly string[],
  loadIds: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const failures: string[] = []
  await eachInLanes(files, CHECKS_AT_ONCE, (file) =>
    inTransaction(warehouse, async (client) => {
      // What is counted of a load stays in memory.
      await client.query(`set local work_mem = '64MB'`)
      failures.push(...(await failuresOf(client, [file], loadIds, signal)))
    }),
  )
  return failures
}

async function failuresOf(
  db: Queryable,
  files: readonly string[],
  loadIds: readonly string[],
  signal: AbortSignal,
  rewrite = (sql: string) => sql,
): Promise<string[]> {
  const failures: string[] = []
  for (const file of files) {
    signal.throwIfAborted()
    const rows = await rowsOf(db, rewrite(await sqlFile(file)), loadIds)
    if (rows.length > 0) {
      failures.push(`sql/${file}: ${rows.length} offending rows\n${shown(rows)}`)
    }
  }
  return failures
}

function failWith(failures: string[], loadIds: readonly string[]): void {
  if (failures.length === 0) return
  throw new DataCheckFailed(
    `Checks of loads ${loadIds.join(', ')} failed; they stay unpublished.\n${failures.sort().join('\n')}`,
  )
}

async function takeNotes(
  db: Queryable,
  loadIds: readonly string[],
  context: TaskContext,
): Promise<Record<string, number>> {
  const noted: Record<string, number> = {}
  for (const file of await listSqlFiles('dds/notes')) {
    context.signal.throwIfAborted()
    const rows = await rowsOf(db, await sqlFile(file), loadIds)
    noted[file] = rows.length
    if (rows.length > 0)
      context.log.info(`sql/${file}: ${counted(rows.length, 'row')}\n${shown(rows)}`)
  }
  return noted
}

async function rowsOf(
  db: Queryable,
  sql: string,
  loadIds: readonly string[],
): Promise<Record<string, unknown>[]> {
  const { rows } = await db.query<Record<string, unknown>>(sql, [loadIds])
  return rows
}

function shown(rows: readonly Record<string, unknown>[]): string {
  const lines = rows.slice(0, SHOWN_ROWS).map((row) => `  ${JSON.stringify(row)}`)
  const more = rows.length > SHOWN_ROWS ? [`  and ${rows.length - SHOWN_ROWS} more`] : []
  return [...lines, ...more].join('\n')
}
