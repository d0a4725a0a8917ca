// The event log that the engines' addresses name: Kafka, or tables of the warehouse's database.

import type { EngineAddresses } from '../engines/types.ts'
import { openKafkaEventLog } from './kafka-event-log.ts'
import { openPostgresEventLog } from './postgres-event-log.ts'
import type { EventLog } from './types.ts'

export { EventLogMissingError } from './event-log-missing-error.ts'
export {
  KafkaRefusedError,
  KafkaUnreachableError,
  MessageTooLargeError,
  TopicNotMadeError,
} from './kafka-errors.ts'
export { openKafkaEventLog } from './kafka-event-log.ts'
export { StalledReadError } from './kafka-reading.ts'
export { migrateEventLog } from './migrate-event-log.ts'
export { OffsetOutOfRangeError } from './offset-range.ts'
export { openPostgresEventLog } from './postgres-event-log.ts'
export { pruneTopic } from './prune-event-log.ts'
export * from './types.ts'

export function openEventLog(addresses: EngineAddresses): EventLog {
  return addresses.kafkaBrokers === null
    ? openPostgresEventLog(addresses.warehouseUrl)
    : openKafkaEventLog(addresses.kafkaBrokers, addresses.kafkaOptions)
}
