// The checks of a batch when all its tables are published and before it counts as published: the
// event fact holds the ids that dds holds, and the totals of the marts are those of the facts. Each
// table was checked by itself before it was published.

import { connections } from '../../connections/index.ts'
import { inTransaction } from '../../connections/postgres.ts'
import { listSqlFiles, sqlFile } from '../../connections/sql-file.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import type { MartBatch } from './freeze-batch.ts'
import { type DaySum, differences, refuseOffending, sumsInMarts } from './staging-checks.ts'
import { spansOf } from './work.ts'

const STAYS = 'The batch stays unpublished. Rebuild what is wrong: see docs/marts.md.'

export async function checkMarts(
  { batch, loaded }: { batch: MartBatch; loaded: { days: string[] }[] },
  context: TaskContext,
): Promise<{ passed: string[] }> {
  const { warehouse, clickhouse } = await connections()
  const days = [...new Set(loaded.flatMap((fact) => fact.days))].sort()
  const files = await listSqlFiles('marts/checks/across')
  for (const span of spansOf(days)) {
    context.signal.throwIfAborted()
    const inDds = await inTransaction(warehouse, async (client) => {
      await client.query(
        `select set_config('terrace.marts_id', $1, true), set_config('terrace.days', $2, true)`,
        [batch.martsId, `{${span.join(',')}}`],
      )
      const { rows } = await client.query<DaySum>(await sqlFile('marts/sums/fct_event_in_dds.sql'))
      return rows
    })
    const inMarts = await sumsInMarts(clickhouse, {
      target: 'fct_event',
      table: 'fct_event',
      days: span,
      signal: context.signal,
    })
    refuseOffending('marts.fct_event is not what dds holds', differences(inDds, inMarts), STAYS)
    for (const file of files) {
      const result = await clickhouse.query({
        query: await sqlFile(file),
        query_params: { days: span },
        format: 'JSONEachRow',
        abort_signal: context.signal,
      })
      refuseOffending(`sql/${file}`, await result.json(), STAYS)
    }
  }
  return { passed: ['fct_event equals dds', ...files] }
}
