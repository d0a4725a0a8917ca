// The event log that the engines' addresses name: Kafka, or tables of the warehouse's database.

import type { EngineAddresses } from '../engines/types.ts'
import { openPostgresEventLog } from './postgres-event-log.ts'
import type { EventLog } from './types.ts'

export { EventLogMissingError } from './event-log-missing-error.ts'
export { migrateEventLog } from './migrate-event-log.ts'
export { OffsetOutOfRangeError } from './offset-range.ts'
export { openPostgresEventLog } from './postgres-event-log.ts'
export { pruneTopic } from './prune-event-log.ts'
export * from './types.ts'

export function openEventLog(addresses: EngineAddresses): EventLog {
  return openPostgresEventLog(addresses.warehouseUrl)
}
