// What the loads of this run refused, by reason: figures to look at and to alarm on.

import { connections } from '../../connections/index.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import type { LoadArgs } from './load-targets.ts'

export interface QuarantineReport {
  /** Messages of the loads, also of loads that an earlier run left. */
  countRaw: number
  countQuarantined: number
  /** Of countRaw, 0 to 1; 0 without messages. */
  shareQuarantined: number
  byReason: Record<string, number>
  /** Of all loads that ever were: refused and not replayed since. */
  countWaiting: number
}

export async function reportQuarantine(
  { loads }: LoadArgs,
  context: TaskContext,
): Promise<QuarantineReport> {
  const { warehouse } = await connections()
  const { rows: reasons } = await warehouse.query<{ reason: string; count: string }>(
    `select reason, count(*) as count
     from raw.quarantine
     where load_id = any($1::bigint[])
     group by reason
     order by count(*) desc, reason`,
    [loads.loadIds],
  )
  const { rows: totals } = await warehouse.query<{ count_raw: string; count_waiting: string }>(
    `select
       (select coalesce(sum(count_raw), 0) from dds.load where load_id = any($1::bigint[])) as count_raw,
       (select count(*) from raw.quarantine where replayed_at is null) as count_waiting`,
    [loads.loadIds],
  )
  const countRaw = Number(totals[0]!.count_raw)
  const countQuarantined = reasons.reduce((sum, row) => sum + Number(row.count), 0)
  const report = {
    countRaw,
    countQuarantined,
    shareQuarantined: countRaw === 0 ? 0 : countQuarantined / countRaw,
    byReason: Object.fromEntries(reasons.map((row) => [row.reason, Number(row.count)])),
    countWaiting: Number(totals[0]!.count_waiting),
  }
  const log = countQuarantined > 0 ? context.log.warning : context.log.info
  log(`${countQuarantined} of ${countRaw} messages are in quarantine`, { ...report })
  return report
}
