// Gate of a DAG that lands a topic and loads it in one run.

import { connections } from '../../connections/index.ts'
import type { TopicLag } from '../raw/index.ts'
import { pendingFiles } from './stage-files.ts'
import { pendingRanges } from './watermarks.ts'

/**
 * False, and nothing below runs, when the topic is landed to its end and all of it is in dds. What a run
 * before this one left, and what was replayed from quarantine, is work too.
 */
export async function hasWork({ lag }: { lag: TopicLag[] }): Promise<boolean> {
  if (lag.some(({ count }) => count > 0)) return true
  const { warehouse } = await connections()
  for (const { topic } of lag) {
    if ((await pendingRanges(warehouse, topic)).length > 0) return true
    if ((await pendingFiles(warehouse, topic)).length > 0) return true
    const { rowCount } = await warehouse.query(
      `select from dds.load where state = 'staged' and topic = $1 limit 1`,
      [topic],
    )
    if (rowCount === 1) return true
  }
  return false
}
