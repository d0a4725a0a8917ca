// The shop's messages of whole hours, for a topic that is then measured. Messages that nobody could
// load are left out: the limits read the same messages and do not validate.

import type { EventLog } from '../../connections/event-log/types.ts'
import { DEFAULT_SHOP, generateInterval, type Shop } from '../../generators/index.ts'
import { TOPIC } from './bench-warehouse.ts'

const SHOP: Shop = { ...DEFAULT_SHOP, brokenShare: 0, conflictShare: 0, reopenedShare: 0 }
const FIRST_HOUR = Date.UTC(2026, 2, 2)
const HOUR = 3_600_000

/** Returns how many it sent: whole hours, until there are as many as asked for. */
export async function fillTopic(log: EventLog, messages: number): Promise<number> {
  await log.ensureTopics([{ topic: TOPIC, partitions: 3 }])
  let sent = 0
  for (let start = FIRST_HOUR; sent < messages; start += HOUR) {
    const batch = [...generateInterval(SHOP, new Date(start), new Date(start + HOUR))].flat()
    await log.append(TOPIC, batch)
    sent += batch.length
  }
  return sent
}
