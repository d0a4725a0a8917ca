// The first step of raw → dds: every landed message becomes a staged event, a counted duplicate or a
// quarantine row, in one transaction with the watermark. Nothing is dropped, nothing is taken twice.
//
// Staged events wait in dds.stage_event until each target has them; a repeated event id is looked up
// there and in dds.nl_event, so duplicates are found across loads, partitions and logs.

import { connections } from '../../connections/index.ts'
import { inTransaction, type Pool } from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import { raiseFence } from '../../connections/warehouse-fence.ts'
import { failpoint } from '../../orchestrator/sdk/failpoint.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import { copyIncoming, createIncoming } from './copy-incoming.ts'
import { RULE_VERSION } from './rejection.ts'
import { moveRawWatermark, type PendingRange, pendingRanges } from './watermarks.ts'

export interface CleanArgs {
  topic: string
  rowsPerLoad?: number
}

export interface CleanResult {
  /** All loads that wait for their targets, also those of earlier runs that failed. */
  loadIds: string[]
  countRaw: number
  countDuplicates: number
  countQuarantined: number
}

interface LoadCounts {
  count_raw: string
  count_duplicates: string
  count_quarantined: string
}

export async function cleanAndValidate(
  args: CleanArgs,
  context: TaskContext,
): Promise<CleanResult> {
  const { warehouse } = await connections()
  const result: CleanResult = { loadIds: [], countRaw: 0, countDuplicates: 0, countQuarantined: 0 }
  while (true) {
    context.signal.throwIfAborted()
    const counts = await stageLoad(warehouse, args, context)
    if (counts === null) break
    result.countRaw += Number(counts.count_raw)
    result.countDuplicates += Number(counts.count_duplicates)
    result.countQuarantined += Number(counts.count_quarantined)
  }
  const { rows } = await warehouse.query<{ load_id: string }>(
    `select load_id from dds.load where state = 'staged' and topic = $1 order by load_id`,
    [args.topic],
  )
  result.loadIds = rows.map((row) => row.load_id)
  context.log.info(`Validated ${result.countRaw} messages of ${args.topic}`, { ...result })
  return result
}

/** null when nothing is left to validate. */
async function stageLoad(
  warehouse: Pool,
  { topic, rowsPerLoad = 50_000 }: CleanArgs,
  context: TaskContext,
): Promise<LoadCounts | null> {
  return inTransaction(warehouse, async (client) => {
    await raiseFence(client, context.fence)
    const pending = await pendingRanges(client, topic)
    // One log a load: its id stands on the load.
    const ofOneLog = pending.filter(({ logId }) => logId === pending[0]?.logId)
    if (ofOneLog.length === 0) return null
    await createIncoming(client)
    const taken: PendingRange[] = []
    let room = rowsPerLoad
    for (const range of ofOneLog) {
      if (room <= 0) break
      const { until, count } = await copyIncoming(client, { topic, range, room }, context.signal)
      taken.push({ ...range, until })
      room -= count
    }
    await client.query('analyze incoming (kafka_partition, kafka_offset, reason, event_type)')
    const logId = ofOneLog[0]!.logId
    const { rows } = await client.query<LoadCounts>(await sqlFile('dds/load/stage_event.sql'), [
      logId,
      topic,
      JSON.stringify(taken.map(({ partition, from, until }) => [partition, `${from}`, `${until}`])),
      RULE_VERSION,
    ])
    await client.query('drop table incoming')
    for (const range of taken) await moveRawWatermark(client, topic, range)
    failpoint('raw_to_dds.before_stage_commit')
    return rows[0]!
  })
}
