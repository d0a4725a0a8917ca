// The checks of raw and dds: each is a query that returns offending rows (sql/*/checks). Any row
// fails the task, without retry, and the message shows which.

import { connections } from '../../connections/index.ts'
import { listSqlFiles, sqlFile } from '../../connections/sql-file.ts'
import { FailTask, type TaskContext } from '../../orchestrator/sdk/index.ts'
import type { LoadArgs } from './load-targets.ts'

const SHOWN_ROWS = 5

export async function checkLoads(
  { loads }: LoadArgs,
  context: TaskContext,
): Promise<{ passed: string[] }> {
  const { warehouse } = await connections()
  const files = [...(await listSqlFiles('raw/checks')), ...(await listSqlFiles('dds/checks'))]
  const failures: string[] = []
  for (const file of files) {
    context.signal.throwIfAborted()
    const { rows } = await warehouse.query<Record<string, unknown>>(await sqlFile(file), [
      loads.loadIds,
    ])
    if (rows.length === 0) continue
    const shown = rows.slice(0, SHOWN_ROWS).map((row) => `  ${JSON.stringify(row)}`)
    const more = rows.length > SHOWN_ROWS ? [`  and ${rows.length - SHOWN_ROWS} more`] : []
    failures.push([`sql/${file}: ${rows.length} offending rows`, ...shown, ...more].join('\n'))
  }
  if (failures.length > 0) {
    throw new FailTask(
      `Checks of loads ${loads.loadIds.join(', ')} failed.\n${failures.join('\n')}`,
    )
  }
  return { passed: files }
}
