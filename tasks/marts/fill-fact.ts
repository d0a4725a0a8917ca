// The rows of a fact's staging table: what is asked of dds, by days or by what a batch changes; and the
// other rows of changed days, as the fact holds them.

import type { ClickHouseClient } from '@clickhouse/client'
import { copyToClickHouse } from '../../connections/copy-to-clickhouse.ts'
import type { PoolClient } from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import { assertColumns } from './columns.ts'
import type { SourceBatch } from './source-batch.ts'
import type { CheckedTable, DaySum } from './staging-checks.ts'
import { type Fact, KEYS, statementOf } from './targets.ts'
import { spansOf } from './work.ts'

export type StagedFact = CheckedTable & { target: Fact }

/** By of_<what>.sql beside the fact's load: all rows of days, or those that the batch changes there. */
export type Asked = 'days' | 'batch'

/** The rows and what they should sum to, both as dds stands at one moment: begins a transaction. */
export async function fillDays(
  db: PoolClient,
  clickhouse: ClickHouseClient,
  { martsId, source, batchId, reportingCurrency }: SourceBatch,
  { target, table, days, signal, asked }: StagedFact & { asked: Asked },
): Promise<{ countRows: number; sums: DaySum[] }> {
  await db.query('set transaction isolation level repeatable read')
  // COPY takes no parameters: the statements read them from settings of this transaction. The last one
  // tells which loads are not for these marts yet.
  await db.query(
    `select set_config('terrace.marts_id', $1, true), set_config('terrace.days', $2, true),
       set_config('terrace.reporting_currency', $3, true), set_config('terrace.batch_id', $4, true),
       set_config('terrace.source', $5, true)`,
    [martsId, `{${days.join(',')}}`, reportingCurrency, batchId, source],
  )
  await db.query(await sqlFile('marts/batches/unlisted.sql'), [martsId, source])
  // With statistics of its own: how many rows are asked for decides how the others are best read.
  await db.query(
    `create temporary table asked on commit drop as
     ${await sqlFile(statementOf(target, `of_${asked}`))}`,
  )
  await db.query('analyze asked')
  const query = await sqlFile(statementOf(target, 'load'))
  const { fields } = await db.query(`select * from (${query}\n) as answered limit 0`)
  await assertColumns(
    clickhouse,
    target,
    fields.map(({ name }) => name),
  )
  const countRows = await copyToClickHouse(db, clickhouse, {
    query,
    table: `marts.${table}`,
    signal,
  })
  const { rows } = await db.query<DaySum>(await sqlFile(statementOf(target, 'sums_in_dds')))
  return { countRows, sums: rows }
}

/** Call when the staging table has what was asked of dds: the other rows of these days stay as they are. */
export async function keepOthers(
  clickhouse: ClickHouseClient,
  { target, table, source, days, signal }: StagedFact,
): Promise<void> {
  const { columns, isOfOneDay } = KEYS[target]!
  for (const span of spansOf(days)) {
    await clickhouse.command({
      query: `insert into marts.${table}
        select * from marts.${target}
        where source = {source:String} and day in {days:Array(Date)} and (${columns}) not in (
          select ${columns} from marts.${table} ${isOfOneDay ? 'where day in {days:Array(Date)}' : ''}
        )`,
      query_params: { source, days: span },
      abort_signal: signal,
    })
  }
}
