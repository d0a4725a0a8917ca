// The one place that makes a client of Kafka, for the event log and for `terrace doctor`.

import type { Kafka, KafkaConfig, SASLOptions } from 'kafkajs'
import { declareResident } from '../residents.ts'
import type { KafkaOptions } from './kafka-options.ts'
import { loadKafkajs } from './load-kafkajs.ts'

type Settings = Pick<KafkaConfig, 'retry' | 'requestTimeout' | 'clientId'>

export function connectKafka(brokers: string[], options: KafkaOptions, settings: Settings): Kafka {
  const kafkajs = loadKafkajs()
  declareResident('Kafka')
  const { ssl, sasl } = options
  return new kafkajs.Kafka({
    clientId: 'terrace',
    brokers,
    connectionTimeout: 3000,
    authenticationTimeout: 5000,
    // What goes wrong arrives as an exception; its log lines would only repeat it.
    logLevel: kafkajs.logLevel.NOTHING,
    ...(ssl && { ssl: ssl.ca === null ? true : { ca: [ssl.ca] } }),
    ...(sasl && {
      sasl: {
        mechanism: sasl.mechanism.toLowerCase(),
        username: sasl.username,
        password: sasl.password,
      } as SASLOptions,
    }),
    ...settings,
  })
}

/** As a report shows it: `TLS, SCRAM-SHA-512 as shop`; empty for a plain connection. */
export function describeSecurity({ ssl, sasl }: KafkaOptions): string {
  return [...(ssl ? ['TLS'] : []), ...(sasl ? [`${sasl.mechanism} as ${sasl.username}`] : [])].join(
    ', ',
  )
}
