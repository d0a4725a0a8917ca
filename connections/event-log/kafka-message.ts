import type { IHeaders, KafkaMessage } from 'kafkajs'
import type { LogMessage } from './types.ts'

/** A bit of the record batch that says whose clock it was: set on topics with LogAppendTime. */
const LOG_APPEND_TIME = 1

export function toLogMessage(topic: string, partition: number, message: KafkaMessage): LogMessage {
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    key: message.key,
    value: message.value,
    headers: message.headers ? toBuffers(message.headers) : {},
    timestamp: new Date(Number(message.timestamp)),
    timestampOf: timestampType(message) === LOG_APPEND_TIME ? 'log' : 'producer',
  }
}

/** kafkajs keeps it on its messages without declaring it; the oldest formats do not have it. */
function timestampType(message: KafkaMessage): number | undefined {
  return (message as { batchContext?: { timestampType?: number } }).batchContext?.timestampType
}

/** Kafka allows a name several times and a value of null: the last one counts, null is empty. */
function toBuffers(headers: IHeaders): Record<string, Buffer> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, given]) => {
      const value = Array.isArray(given) ? given.at(-1) : given
      return [name, typeof value === 'string' ? Buffer.from(value) : (value ?? Buffer.alloc(0))]
    }),
  )
}
