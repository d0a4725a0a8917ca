// A fact from dds to ClickHouse, exactly once: the days that the batch reopens are loaded anew as a
// whole into a staging table, checked, and replaced; then the watermark moves. Killed anywhere, the
// next attempt does the same again and ends the same.

import type { ClickHouseClient } from '@clickhouse/client'
import { copyToClickHouse } from '../../connections/copy-to-clickhouse.ts'
import { connections } from '../../connections/index.ts'
import type { PoolClient } from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import { raiseFence } from '../../connections/warehouse-fence.ts'
import { failpoint } from '../../orchestrator/sdk/failpoint.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import type { MartBatch } from './freeze-batch.ts'
import { replacePartitions } from './replace-partitions.ts'
import {
  assertSound,
  type CheckedTable,
  type DaySum,
  differences,
  refuseOffending,
  sumsInMarts,
} from './staging-checks.ts'
import { claimTarget } from './target-claim.ts'
import type { Fact } from './targets.ts'
import { endWork, planWork, spansOf } from './work.ts'

export interface TransferArgs {
  target: Fact
  batch: MartBatch
}

export async function transferTable(
  { target, batch }: TransferArgs,
  context: TaskContext,
): Promise<{ countRows: number; days: string[] }> {
  const open = await connections()
  const { clickhouse } = open
  const { martsId } = batch
  const loaded = await claimTarget(open, { martsId, target }, context, async (claim) => {
    const work = await planWork({ warehouse: claim.db, clickhouse }, target, batch)
    let countRows = 0
    if (work.days.length > 0) {
      const table = await claim.stage()
      const staged = { target, table, days: work.days, signal: context.signal }
      const inDds: DaySum[] = []
      for (const span of spansOf(work.days)) {
        context.signal.throwIfAborted()
        const filled = await claim.transaction(() =>
          fillDays(claim.db, clickhouse, batch, { ...staged, target, days: span }),
        )
        countRows += filled.countRows
        inDds.push(...filled.sums)
      }
      await assertSound(clickhouse, staged)
      refuseOffending(
        `marts.${target} is not what dds holds`,
        differences(inDds, await sumsInMarts(clickhouse, staged)),
        'Nothing of it was published.',
      )
      failpoint('dds_to_clickhouse.before_replace')
      await claim.assertCurrent()
      // Each day at once: readers see the old one or the new. A day without rows is emptied.
      const partitions = work.days.map((day) => `'${day}'`)
      await replacePartitions(clickhouse, staged, partitions)
      failpoint('dds_to_clickhouse.between_replace_and_watermark')
      await claim.release()
    }
    await claim.transaction(async () => {
      await raiseFence(claim.db, context.fence)
      await endWork(claim.db, target, work)
    })
    return { countRows, work }
  })
  const { countRows, work } = loaded
  context.log.info(`Loaded ${countRows} rows of ${work.days.length} days into marts.${target}`)
  return { countRows, days: work.checkedDays }
}

/** The rows and what they should sum to, both as dds stands at one moment: begins a transaction. */
async function fillDays(
  db: PoolClient,
  clickhouse: ClickHouseClient,
  { martsId, reportingCurrency }: MartBatch,
  { target, table, days, signal }: CheckedTable & { target: Fact },
): Promise<{ countRows: number; sums: DaySum[] }> {
  await db.query('set transaction isolation level repeatable read, read only')
  // COPY takes no parameters: the statement reads them from settings of this transaction.
  await db.query(
    `select set_config('terrace.marts_id', $1, true), set_config('terrace.days', $2, true),
       set_config('terrace.reporting_currency', $3, true)`,
    [martsId, `{${days.join(',')}}`, reportingCurrency],
  )
  // Statistics do not help: the planner cannot see the days behind these settings, takes their events
  // for one row, and would read all sessions for each: minutes instead of seconds for 100,000 events.
  if (target === 'fct_event') await db.query('set local enable_nestloop = off')
  const countRows = await copyToClickHouse(db, clickhouse, {
    query: await sqlFile(`marts/load/${target}.sql`),
    table: `marts.${table}`,
    signal,
  })
  const { rows } = await db.query<DaySum>(await sqlFile(`marts/sums/${target}_in_dds.sql`))
  return { countRows, sums: rows }
}
