// The checks of a batch when all its tables are published and before it counts as published: the
// event fact holds the ids that dds holds, and the totals of the marts are those of the facts. Each
// table was checked by itself before it was published.

import { connections } from '../../connections/index.ts'
import { inTransaction } from '../../connections/postgres.ts'
import { eachInLanes } from '../../connections/side-by-side.ts'
import { listSqlFiles, sqlFile } from '../../connections/sql-file.ts'
import { raiseFence } from '../../connections/warehouse-fence.ts'
import { DataCheckFailed, FailTask, type TaskContext } from '../../orchestrator/sdk/index.ts'
import { notingFailure } from './batch-failures.ts'
import { putBack, readBatchBeside } from './batches.ts'
import type { MartBatch } from './freeze-batch.ts'
import { type SourceBatch, sourcesOf } from './source-batch.ts'
import { type DaySum, differences, refuseOffending, sumsInMarts } from './staging-checks.ts'
import { totalsOf } from './targets.ts'
import type { Transferred } from './transfer-table.ts'
import { spansOf } from './work.ts'

/** One of few days runs on one core. */
const CHECKS_AT_ONCE = 3

const STAYS =
  'The batch stays unpublished, and the next run loads its days whole. If that does not mend it, the ' +
  'rows of other days may be wrong: rebuild every table with {"rebuild": "all"}, see docs/marts.md.'

export interface CheckMartsArgs {
  batch: MartBatch
  loaded: Pick<Transferred, 'checked'>[]
}

export function checkMarts(
  args: CheckMartsArgs,
  context: TaskContext,
): Promise<{ passed: string[] }> {
  return notingFailure(args.batch, context, () => check(args, context))
}

async function check(
  { batch, loaded }: CheckMartsArgs,
  context: TaskContext,
): Promise<{ passed: string[] }> {
  const passed = new Set<string>()
  for (const of of sourcesOf(batch)) {
    for (const name of await checkSource(of, loaded, context)) passed.add(name)
  }
  return { passed: [...passed] }
}

async function checkSource(
  batch: SourceBatch,
  loaded: CheckMartsArgs['loaded'],
  context: TaskContext,
): Promise<string[]> {
  try {
    const passed = await compare(batch, daysOf(batch, loaded), context)
    context.log.info(`Nothing of ${batch.source} offends: ${passed.join(', ')}`)
    return passed
  } catch (error) {
    if (!(error instanceof DataCheckFailed)) throw error
    if (await isOvertaken(batch, context)) return []
    await reopen(batch, context)
    throw error
  }
}

/**
 * Beside another run the tables may be of its next batch already, and differ for that reason alone.
 *
 * @throws FailTask when this run has no batch: nobody else checks what it built anew.
 */
async function isOvertaken(batch: SourceBatch, { log }: TaskContext): Promise<boolean> {
  const { warehouse } = await connections()
  const { batchId } = batch
  const beside = await readBatchBeside(warehouse, batch, batchId)
  if (beside === null) return false
  if (batchId === null) {
    throw new FailTask(
      `The tables could not be compared: another run of dds_to_clickhouse is loading batch ${beside} ` +
        'beside this one. When it has ended, ask for the rebuild again.',
    )
  }
  log.warning(
    `Another run of dds_to_clickhouse has published batch ${batchId} meanwhile and begun batch ` +
      `${beside}: the tables have moved on, and its checks are those that count.`,
  )
  return true
}

/** The tables of the batch; all, when nobody else checks what a run built anew. */
async function reopen(batch: SourceBatch, context: TaskContext): Promise<void> {
  const { warehouse } = await connections()
  await inTransaction(warehouse, async (client) => {
    await raiseFence(client, context.fence)
    await putBack(client, batch, { batchId: batch.batchId })
  })
}

function daysOf({ source }: SourceBatch, loaded: CheckMartsArgs['loaded']): string[] {
  const days = loaded.flatMap(({ checked }) =>
    checked.flatMap((of) => (of.source === source ? of.days : [])),
  )
  return [...new Set(days)].sort()
}

async function compare(
  { martsId, source }: SourceBatch,
  days: readonly string[],
  context: TaskContext,
): Promise<string[]> {
  const { warehouse, clickhouse } = await connections()
  const files = [...(await listSqlFiles('marts/across')), ...totalsOf(source)]
  for (const span of spansOf(days)) {
    context.signal.throwIfAborted()
    const { rows: inDds } = await warehouse.query<DaySum>(
      await sqlFile('marts/fct_event/sums_in_loads.sql'),
      [martsId, span, source],
    )
    const inMarts = await sumsInMarts(clickhouse, {
      target: 'fct_event',
      table: 'fct_event',
      source,
      days: span,
      signal: context.signal,
    })
    refuseOffending('marts.fct_event is not what dds holds', differences(inDds, inMarts), STAYS)
    const offending = new Map<string, unknown[]>()
    await eachInLanes(files, CHECKS_AT_ONCE, async (file) => {
      const result = await clickhouse.query({
        query: await sqlFile(file),
        query_params: { source, days: span },
        format: 'JSONEachRow',
        abort_signal: context.signal,
      })
      offending.set(file, await result.json())
    })
    for (const file of files) refuseOffending(`sql/${file}`, offending.get(file)!, STAYS)
  }
  return ['fct_event equals dds', ...files]
}
