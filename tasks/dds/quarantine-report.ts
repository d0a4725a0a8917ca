// What the loads of this run refused, by reason: a figure to look at and to alarm on.

import { connections } from '../../connections/index.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import type { LoadArgs } from './load-targets.ts'

export async function reportQuarantine(
  { loads }: LoadArgs,
  context: TaskContext,
): Promise<{ countRaw: number; countQuarantined: number; byReason: Record<string, number> }> {
  const { warehouse } = await connections()
  const { rows } = await warehouse.query<{ reason: string; count: string }>(
    `select reason, count(*) as count
     from raw.quarantine
     where load_id = any($1::bigint[])
     group by reason
     order by count(*) desc, reason`,
    [loads.loadIds],
  )
  const byReason = Object.fromEntries(rows.map((row) => [row.reason, Number(row.count)]))
  const countQuarantined = rows.reduce((sum, row) => sum + Number(row.count), 0)
  const log = countQuarantined > 0 ? context.log.warning : context.log.info
  log(`${countQuarantined} of ${loads.countRaw} messages are in quarantine`, byReason)
  return { countRaw: loads.countRaw, countQuarantined, byReason }
}
