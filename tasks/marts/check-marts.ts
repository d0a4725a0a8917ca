// The checks of the marts: queries that return offending rows (sql/marts/checks, run in ClickHouse),
// and one comparison of the fact's event ids with those of dds, day by day.

import { connections } from '../../connections/index.ts'
import { listSqlFiles, sqlFile } from '../../connections/sql-file.ts'
import { FailTask, type TaskContext } from '../../orchestrator/sdk/index.ts'
import type { MartBatch } from './freeze-batch.ts'

const SHOWN_ROWS = 5

interface DaySum {
  day: string
  rows: string
  checksum: string
}

export async function checkMarts(
  { batch, loaded }: { batch: MartBatch; loaded: { days: string[] } },
  context: TaskContext,
): Promise<{ passed: string[] }> {
  const { warehouse, clickhouse } = await connections()
  const failures: string[] = []
  const report = (name: string, rows: unknown[]) => {
    if (rows.length === 0) return
    const shown = rows.slice(0, SHOWN_ROWS).map((row) => `  ${JSON.stringify(row)}`)
    failures.push([`${name}: ${rows.length} offending rows`, ...shown].join('\n'))
  }
  const files = await listSqlFiles('marts/checks')
  for (const file of files) {
    context.signal.throwIfAborted()
    const result = await clickhouse.query({
      query: await sqlFile(file),
      query_params: { days: loaded.days },
      format: 'JSONEachRow',
    })
    report(`sql/${file}`, await result.json())
  }
  const result = await clickhouse.query({
    query: await sqlFile('marts/sums/fct_event_in_marts.sql'),
    query_params: { days: loaded.days },
    format: 'JSONEachRow',
  })
  const inMarts = await result.json<DaySum>()
  const { rows: inDds } = await warehouse.query<DaySum>(
    await sqlFile('marts/sums/fct_event_in_dds.sql'),
    [batch.martsId, loaded.days],
  )
  report('fct_event is not what dds holds', differences(inDds, inMarts))
  if (failures.length > 0) throw new FailTask(`Checks of the marts failed.\n${failures.join('\n')}`)
  return { passed: [...files, 'fct_event equals dds'] }
}

function differences(inDds: DaySum[], inMarts: DaySum[]) {
  const marts = new Map(inMarts.map((sum) => [sum.day, sum]))
  return inDds
    .map((dds) => ({ day: dds.day, dds, marts: marts.get(dds.day) ?? null }))
    .filter(({ dds, marts }) => marts?.rows !== dds.rows || marts.checksum !== dds.checksum)
}
