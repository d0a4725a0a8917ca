// A fact from dds to ClickHouse, exactly once: a staging table takes the days that the batch reopens,
// what the batch changes of them from dds and the rest from the fact, or all of it from dds; it is
// checked, and replaces these days; then the watermark moves. Killed anywhere, the next attempt does the
// same again and ends the same.

import { connections } from '../../connections/index.ts'
import { raiseFence } from '../../connections/warehouse-fence.ts'
import { counted } from '../../orchestrator/counted.ts'
import { failpoint } from '../../orchestrator/sdk/failpoint.ts'
import { DataCheckFailed, type TaskContext } from '../../orchestrator/sdk/index.ts'
import { notingFailure } from './batch-failures.ts'
import { putBack } from './batches.ts'
import { type Asked, fillDays, keepOthers } from './fill-fact.ts'
import { fillSideBySide } from './fill-side-by-side.ts'
import type { MartBatch } from './freeze-batch.ts'
import { replacePartitions } from './replace-partitions.ts'
import { noteTarget } from './set-aside.ts'
import { type SourceBatch, sourcesOf } from './source-batch.ts'
import {
  assertSound,
  type DaySum,
  differences,
  refuseOffending,
  sumsInMarts,
} from './staging-checks.ts'
import { claimTarget, transactionOf } from './target-claim.ts'
import type { Fact } from './targets.ts'
import { endWork, planWork, spansOf, type Work } from './work.ts'

export interface TransferArgs {
  target: Fact
  batch: MartBatch
}

export interface Transferred {
  countRows: number
  /** Days of each source that the run has to check. */
  checked: { source: string; days: string[] }[]
}

export function transferTable(args: TransferArgs, context: TaskContext): Promise<Transferred> {
  return notingFailure(args.batch, context, () => transfer(args, context))
}

async function transfer(
  { target, batch }: TransferArgs,
  context: TaskContext,
): Promise<Transferred> {
  const transferred: Transferred = { countRows: 0, checked: [] }
  for (const of of sourcesOf(batch, target)) {
    const { countRows, days } = await transferSource(target, of, context)
    transferred.countRows += countRows
    transferred.checked.push({ source: of.source, days })
  }
  return transferred
}

async function transferSource(
  target: Fact,
  batch: SourceBatch,
  context: TaskContext,
): Promise<{ countRows: number; days: string[] }> {
  const open = await connections()
  const { clickhouse } = open
  const { martsId, source } = batch
  const loaded = await claimTarget(open, { martsId, target }, context, async (claim) => {
    const work = await planWork({ warehouse: claim.db, clickhouse }, target, batch)
    let countRows = 0
    if (work.days.length > 0) {
      const table = await claim.stage()
      const staged = { target, table, source, days: work.days, signal: context.signal }
      const inDds: DaySum[] = []
      await fillSideBySide(
        { warehouse: open.warehouse, claimed: claim.db },
        spansToAsk(work),
        context.signal,
        async (db, span, signal) => {
          const filled = await transactionOf(db, () =>
            fillDays(db, clickhouse, batch, { ...staged, ...span, signal }),
          )
          countRows += filled.countRows
          inDds.push(...filled.sums)
        },
      )
      refuseOffending(
        `marts.${target} is not what dds holds`,
        differences(inDds, await sumsInMarts(clickhouse, staged)),
        'Nothing of it was published.',
      )
      await keepOthers(clickhouse, { ...staged, days: work.changedDays })
      try {
        await assertSound(clickhouse, staged)
      } catch (error) {
        if (error instanceof DataCheckFailed && work.changedDays.length > 0) {
          // What is wrong may be among the rows that were kept.
          await claim.transaction(async () => {
            await raiseFence(claim.db, context.fence)
            await putBack(claim.db, batch, { target })
          })
        }
        throw error
      }
      failpoint('dds_to_clickhouse.before_replace')
      await noteTarget(claim.db, martsId, target, batch.batchId)
      await claim.assertCurrent()
      // Each day at once: readers see the old one or the new. A day without rows is emptied.
      const partitions = work.days.map((day) => partitionOf(source, day))
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
  context.log.info(
    `Loaded ${counted(countRows, 'row')} of ${counted(work.days.length, 'day')} of ${source} into marts.${target}; ` +
      `of ${counted(work.changedDays.length, 'day')} only what changed`,
  )
  return { countRows, days: work.checkedDays }
}

/** As ClickHouse writes it. */
function partitionOf(source: string, day: string): string {
  return `('${source.replace(/[\\']/g, '\\$&')}', '${day}')`
}

function spansToAsk({ days, changedDays }: Work): { asked: Asked; days: string[] }[] {
  const whole = days.filter((day) => !changedDays.includes(day))
  return [
    ...spansOf(whole).map((span) => ({ asked: 'days' as const, days: span })),
    ...spansOf(changedDays).map((span) => ({ asked: 'batch' as const, days: span })),
  ]
}
