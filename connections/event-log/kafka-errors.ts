// What kafkajs throws, as errors that name the object, the cause and the fix.

import type { KafkaOptions } from './kafka-options.ts'
import { UnknownTopicError } from './types.ts'

export interface AskedKafka {
  brokers: string[]
  options: KafkaOptions
  /** As the server knows it; empty where no topic was asked for. */
  topic: string
}

export class KafkaUnreachableError extends Error {
  override name = 'KafkaUnreachableError'
  constructor({ brokers, options }: AskedKafka, cause: Error) {
    super(
      `Kafka at ${brokers.join(', ')} did not answer: ${cause.message}. ${fixOfConnection(cause, options)}` +
        'KAFKA_BROKERS names it; unset it for the log in Postgres.',
      { cause },
    )
  }
}

/** It answered, and refuses this client: its password, its certificate or its rights. */
export class KafkaRefusedError extends Error {
  override name = 'KafkaRefusedError'
}

/** A topic that is missing and may not, or cannot, be made. */
export class TopicNotMadeError extends Error {
  override name = 'TopicNotMadeError'
  constructor(topic: string, partitions: number, { options }: AskedKafka, cause: Error) {
    const { type = '' } = reasonOf(cause)
    super(
      `Topic "${topic}" does not exist and could not be made: ${whyNotMade(type, cause, options)} ` +
        `Or make it on the server, with ${partitions} partitions and ` +
        'message.timestamp.type=LogAppendTime.',
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

interface Reason {
  name?: string
  message?: string
  type?: string
  code?: string
  retriable?: boolean
}

/** kafkajs wraps the reason in an error that counts its retries, or in one of several. */
function reasonOf(error: unknown): Reason {
  if (!(error instanceof Error)) return {}
  const several = (error as { errors?: unknown }).errors
  if (Array.isArray(several) && several[0] instanceof Error) return reasonOf(several[0])
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

/** The named error that says what happened, or the error itself. */
export function nameKafkaError(error: unknown, asked: AskedKafka): unknown {
  if (!isKafkaError(error)) return error
  const reason = reasonOf(error)
  const { name = '', type = '' } = reason
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return new UnknownTopicError(asked.topic)
  const where = `Kafka at ${asked.brokers.join(', ')}`
  const { username } = asked.options.sasl ?? { username: 'nobody: no KAFKA_SASL_USERNAME is set' }
  if (name === 'KafkaJSSASLAuthenticationError' || type.startsWith('SASL_') || isMechanism(type)) {
    return new KafkaRefusedError(
      `${where} refuses the user ${username} (${asked.options.sasl?.mechanism}): ` +
        `${messageOfReason(reason)}. Correct KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD or ` +
        'KAFKA_SASL_MECHANISM.',
      { cause: error },
    )
  }
  if (type.endsWith('_AUTHORIZATION_FAILED')) {
    return new KafkaRefusedError(
      `${where} does not allow this to the user ${username}: ${messageOfReason(reason)}. ` +
        fixOfRights(type, asked),
      { cause: error },
    )
  }
  if (name === 'KafkaJSGroupCoordinatorNotFound') {
    return new KafkaRefusedError(
      `${where} names no coordinator for the groups of a reader. Either the user ${username} may not ` +
        'use them, or the cluster has no topic for the offsets of groups. ' +
        fixOfRights('GROUP_AUTHORIZATION_FAILED', asked),
      { cause: error },
    )
  }
  const certificate = CERTIFICATE_FIXES.find(([code]) => reason.code === code)
  if (certificate !== undefined) {
    return new KafkaRefusedError(
      `${where} shows a certificate that is not trusted: ${messageOfReason(reason)}. ${certificate[1]}`,
      { cause: error },
    )
  }
  if (CONNECTION_ERRORS.includes(name)) return new KafkaUnreachableError(asked, error as Error)
  return error
}

const TRUST = 'Set KAFKA_SSL_CA to the certificates of the authority that signed it.'
const CERTIFICATE_FIXES: [code: string, fix: string][] = [
  ['SELF_SIGNED_CERT_IN_CHAIN', TRUST],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', TRUST],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', TRUST],
  ['UNABLE_TO_GET_ISSUER_CERT', TRUST],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', TRUST],
  ['CERT_SIGNATURE_FAILURE', TRUST],
  [
    'CERT_HAS_EXPIRED',
    'Renew the certificate of the broker, or correct the clock of this machine.',
  ],
  ['CERT_NOT_YET_VALID', 'Correct the clock of this machine.'],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'Write into KAFKA_BROKERS the names that stand in the certificate; the brokers must announce them too.',
  ],
]

/** What a connection that ends at once often means. */
function fixOfConnection(cause: Error, { ssl, sasl }: KafkaOptions): string {
  const { name = '', code = '' } = reasonOf(cause)
  const isTls = /EPROTO|ERR_SSL/.test(code) || cause.message.includes('TLS connection')
  if (!isTls && name !== 'KafkaJSConnectionClosedError' && code !== 'ECONNRESET') return ''
  const tls = ssl
    ? 'Unset KAFKA_SSL if that port speaks no TLS. '
    : 'Set KAFKA_SSL=true if that port speaks TLS. '
  const user =
    'Set KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD if it asks for a user. '
  return sasl === null && !isTls ? tls + user : tls
}

function fixOfRights(type: string, { topic, options }: AskedKafka): string {
  const allow = (what: string) => `Allow ${what} (kafka-acls.sh --add).`
  if (type === 'GROUP_AUTHORIZATION_FAILED') {
    return allow(`Read on groups with the prefix "${readerGroup(options)}"`)
  }
  if (type === 'TOPIC_AUTHORIZATION_FAILED') {
    const named = topic ? `topic "${topic}"` : 'the topics'
    return allow(`Describe and Read on ${named}, and Write where this installation produces`)
  }
  return allow('IdempotentWrite on the cluster, or Write on the topic with brokers of 2.8 or later')
}

function whyNotMade(type: string, cause: Error, { sasl }: KafkaOptions): string {
  if (type.endsWith('_AUTHORIZATION_FAILED')) {
    return `the user ${sasl?.username ?? 'of this connection'} may not create topics (${type}). Allow Create and Describe on it (kafka-acls.sh --add).`
  }
  if (type === 'INVALID_REPLICATION_FACTOR') {
    return `the cluster has too few brokers for the replication factor (${type}). Correct KAFKA_REPLICATION_FACTOR.`
  }
  return `${cause.message}.`
}

/** Groups are named after this and a random id: rights are given to the prefix. */
export function readerGroup({ topicPrefix }: KafkaOptions): string {
  return `${topicPrefix}terrace-reader-`
}

function isMechanism(type: string): boolean {
  return type === 'UNSUPPORTED_SASL_MECHANISM' || type === 'ILLEGAL_SASL_STATE'
}

function messageOfReason({ message = '', type }: Reason): string {
  return [message.replace(/\.$/, ''), ...(type ? [`(${type})`] : [])].join(' ')
}

/**
 * Whether the cluster is only in the middle of something: a leader is elected, a coordinator loads.
 * Not a lost connection, which kafkajs has tried again for long enough by itself.
 */
export function isPassing(error: unknown): boolean {
  const { name = '', type, retriable = false } = reasonOf(error)
  if (isClosed(error)) return true
  return retriable && type !== undefined && !CONNECTION_ERRORS.includes(name)
}

/** The broker ended the connection: it restarts, or it was spoken to in another protocol. */
export function isClosed(error: unknown): boolean {
  return reasonOf(error).name === 'KafkaJSConnectionClosedError'
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
