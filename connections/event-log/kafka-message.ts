import type { IHeaders, KafkaMessage } from 'kafkajs'
import type { LogMessage } from './types.ts'

export function toLogMessage(topic: string, partition: number, message: KafkaMessage): LogMessage {
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    key: message.key,
    value: message.value,
    headers: message.headers ? toBuffers(message.headers) : {},
    timestamp: new Date(Number(message.timestamp)),
  }
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
