// A mart from the facts, inside ClickHouse: a staging table takes the other rows of the mart, gets
// the days of a source that are built anew from the mart's SQL, is checked, and replaces the mart by one statement.
// Readers see the old mart or the new one and nothing between.

import type { ClickHouseClient } from '@clickhouse/client'
import { connections } from '../../connections/index.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import { raiseFence } from '../../connections/warehouse-fence.ts'
import { counted } from '../../orchestrator/counted.ts'
import { failpoint } from '../../orchestrator/sdk/failpoint.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import { notingFailure } from './batch-failures.ts'
import { insertedColumns } from './columns.ts'
import type { MartBatch } from './freeze-batch.ts'
import { replacePartitions } from './replace-partitions.ts'
import { noteTarget } from './set-aside.ts'
import { type SourceBatch, sourcesOf } from './source-batch.ts'
import { assertSound, type CheckedTable } from './staging-checks.ts'
import { claimTarget, type TargetClaim } from './target-claim.ts'
import { type Mart, statementOf, WHOLE_MARTS } from './targets.ts'
import { endWork, planWork, spansOf } from './work.ts'

/** Parameters travel in the address, which is not long enough for years of days. */
const MOST_DAYS_AS_PARAMETER = 31

export interface BuildArgs {
  target: Mart
  batch: MartBatch
  /** A mart of more rows is taken over by hard link, so that the cost follows the days. */
  copiedRows?: number
}

export function buildMart(args: BuildArgs, context: TaskContext): Promise<{ isBuilt: boolean }> {
  return notingFailure(args.batch, context, () => build(args, context))
}

async function build(
  { target, batch, copiedRows = 200_000 }: BuildArgs,
  context: TaskContext,
): Promise<{ isBuilt: boolean }> {
  let isBuilt = false
  for (const of of sourcesOf(batch, target)) {
    if (await buildSource(target, of, copiedRows, context)) isBuilt = true
  }
  return { isBuilt }
}

async function buildSource(
  target: Mart,
  batch: SourceBatch,
  copiedRows: number,
  context: TaskContext,
): Promise<boolean> {
  const open = await connections()
  const { clickhouse } = open
  const { martsId, source } = batch
  const days = await claimTarget(open, { martsId, target }, context, async (claim) => {
    const work = await planWork({ warehouse: claim.db, clickhouse }, target, batch)
    if (work.days.length > 0) {
      const table = await claim.stage()
      const staged = { target, table, source, days: work.days, signal: context.signal }
      await fill(clickhouse, staged, claim, copiedRows)
      await assertSound(clickhouse, staged)
      failpoint('dds_to_clickhouse.before_mart_replace')
      await noteTarget(claim.db, martsId, target, batch.batchId)
      await claim.assertCurrent()
      await replacePartitions(clickhouse, staged, ['tuple()'])
      failpoint('dds_to_clickhouse.between_mart_replace_and_watermark')
      await claim.release()
    }
    await claim.transaction(async () => {
      await raiseFence(claim.db, context.fence)
      await endWork(claim.db, target, work)
    })
    return work.days
  })
  context.log.info(`Built ${counted(days.length, 'day')} of ${source} in marts.${target}`)
  return days.length > 0
}

type StagedMart = CheckedTable & { target: Mart }

async function fill(
  clickhouse: ClickHouseClient,
  staged: StagedMart,
  claim: TargetClaim,
  copiedRows: number,
): Promise<void> {
  const { target, source, table, days, signal } = staged
  const load = await sqlFile(statementOf(target, 'load'))
  const columns = await insertedColumns(clickhouse, target, load)
  const query = `insert into marts.${table} (${columns}) ${load}`
  if (WHOLE_MARTS.has(target)) {
    await clickhouse.command({
      query: `insert into marts.${table} select * from marts.${target} where source <> {source:String}`,
      query_params: { source },
      abort_signal: signal,
    })
    await clickhouse.command({ query, query_params: { source }, abort_signal: signal })
    return
  }
  await takeOtherDays(clickhouse, staged, claim, copiedRows)
  for (const span of spansOf(days)) {
    await clickhouse.command({ query, query_params: { source, days: span }, abort_signal: signal })
  }
}

/**
 * A copy takes milliseconds while a mart is small. A delete is a mutation: it reads one column of a mart
 * of any size, but waits for the server's background threads, up to a second of a batch of a minute.
 */
async function takeOtherDays(
  clickhouse: ClickHouseClient,
  { target, table, source, days, signal: abort_signal }: StagedMart,
  claim: TargetClaim,
  copiedRows: number,
): Promise<void> {
  const isShort = days.length <= MOST_DAYS_AS_PARAMETER
  const query_params = isShort ? { source, days } : { source }
  const builtAnew = isShort
    ? '{days:Array(Date)}'
    : `(select day from marts.${await claim.stageDays(days)})`
  const isBuiltAnew = `source = {source:String} and day in ${builtAnew}`
  const isOther = `not (${isBuiltAnew})`
  if ((await countRows(clickhouse, target)) <= copiedRows) {
    const query = `insert into marts.${table} select * from marts.${target} where ${isOther}`
    await clickhouse.command({ query, query_params, abort_signal })
    return
  }
  await clickhouse.command({
    query: `alter table marts.${table} attach partition tuple() from marts.${target}`,
  })
  await clickhouse.command({
    query: `delete from marts.${table} where ${isBuiltAnew}`,
    query_params,
    abort_signal,
  })
}

async function countRows(clickhouse: ClickHouseClient, target: Mart): Promise<number> {
  const result = await clickhouse.query({
    query: `select toFloat64(count()) as rows from marts.${target}`,
    format: 'JSONEachRow',
  })
  const [row] = await result.json<{ rows: number }>()
  return row!.rows
}
