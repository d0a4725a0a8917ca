// Whether the pipeline has nothing to do: what is sent next meets no queue.

import { connections } from '../../connections/index.ts'
import { pendingRanges } from '../dds/watermarks.ts'
import { measureLag } from '../raw/measure-lag.ts'

/**
 * Loads that nobody has taken to the marts for minutes do not count: their DAG is paused, or there are no
 * marts, and nothing would be quick for waiting.
 */
export async function isAllInMarts(topic: string): Promise<boolean> {
  const { warehouse } = await connections()
  const lag = await measureLag({ topics: [topic] })
  if (lag.some(({ count }) => count > 0)) return false
  if ((await pendingRanges(warehouse, topic)).length > 0) return false
  const { rows } = await warehouse.query<{ is_done: boolean }>(
    `select not exists (select from dds.load where state = 'staged')
       and not exists (select from dds.mart_batch where state = 'frozen')
       and not exists (
         select
         from dds.load
         inner join dds.load_day using (load_id)
         left join dds.mart_batch_load as listed using (load_id, source)
         left join dds.mart_load_aside as aside using (load_id, source)
         where load.finished_at > now() - interval '5 minutes'
           and listed.load_id is null
           and aside.load_id is null
       ) as is_done`,
  )
  return rows[0]!.is_done
}
