// What kafkajs throws, as errors that name the object, the cause and the fix.

import { UnknownTopicError } from './types.ts'

export class KafkaUnreachableError extends Error {
  override name = 'KafkaUnreachableError'
  constructor(brokers: string[], cause: Error) {
    super(
      `Kafka at ${brokers.join(', ')} did not answer: ${cause.message}. ` +
        'KAFKA_BROKERS names it; unset it for the log in Postgres.',
      { cause },
    )
  }
}

export class MessageTooLargeError extends Error {
  override name = 'MessageTooLargeError'
  constructor(topic: string, bytes: number, cause: Error) {
    super(
      `Topic "${topic}" refuses a message of ${bytes} bytes. ` +
        'Raise max.message.bytes of the topic, or send less in one message.',
      { cause },
    )
  }
}

/** kafkajs wraps the reason in an error that counts its retries. */
function reasonOf(error: unknown): { name?: string; type?: string; retriable?: boolean } {
  if (!(error instanceof Error)) return {}
  const { cause } = error
  return cause instanceof Error && cause.name.startsWith('KafkaJS') ? reasonOf(cause) : error
}

const CONNECTION_ERRORS = [
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSBrokerNotFound',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSRequestTimeoutError',
]

/** The named error that says what happened to `topic`, or the error itself. */
export function nameKafkaError(error: unknown, brokers: string[], topic: string): unknown {
  const { name = '', type } = reasonOf(error)
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return new UnknownTopicError(topic)
  if (CONNECTION_ERRORS.includes(name)) return new KafkaUnreachableError(brokers, error as Error)
  return error
}

/**
 * Whether the cluster is only in the middle of something: a leader is elected, a coordinator loads.
 * Not a lost connection, which kafkajs has tried again for long enough by itself.
 */
export function isPassing(error: unknown): boolean {
  const { name = '', type, retriable = false } = reasonOf(error)
  if (name === 'KafkaJSConnectionClosedError') return true
  return retriable && type !== undefined && !CONNECTION_ERRORS.includes(name)
}

export function isLostConnection(error: unknown): boolean {
  return CONNECTION_ERRORS.includes(reasonOf(error).name ?? '')
}

export function isMessageTooLarge(error: unknown): boolean {
  return reasonOf(error).type === 'MESSAGE_TOO_LARGE'
}

export function isKafkaError(error: unknown): boolean {
  return error instanceof Error && error.name.startsWith('KafkaJS')
}
