// The first step of raw → dds: every landed message becomes a staged event, a counted duplicate or a
// quarantine row, in one transaction with the watermark. Nothing is dropped, nothing is taken twice.
//
// Staged events wait in dds.stage_event until each target has them; a repeated event id is looked up
// there and in dds.nl_event, so duplicates are found across loads, partitions and logs.

import { connections } from '../../connections/index.ts'
import { declaredTopic } from '../../connections/topics.ts'
import { counted } from '../../orchestrator/counted.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import { stageFiles } from './stage-files.ts'
import { stageLoads } from './stage-loads.ts'

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

export async function cleanAndValidate(
  { topic: named, rowsPerLoad = 50_000 }: CleanArgs,
  context: TaskContext,
): Promise<CleanResult> {
  const { topic } = declaredTopic(named)
  const { warehouse } = await connections()
  await stageFiles(warehouse, topic, context)
  const counts = await stageLoads(warehouse, { topic, rowsPerLoad }, context)
  const { rows } = await warehouse.query<{ load_id: string }>(
    `select load_id from dds.load where state = 'staged' and topic = $1 order by load_id`,
    [topic],
  )
  const result = { loadIds: rows.map((row) => row.load_id), ...counts }
  context.log.info(`Validated ${counted(result.countRaw, 'message')} of ${topic}`, { ...result })
  return result
}
