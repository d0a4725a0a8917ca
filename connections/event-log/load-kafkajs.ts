// kafkajs, loaded when a log on Kafka is opened: every process and every runner thread comes by the
// event log, and most have theirs in Postgres.

import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export function loadKafkajs(): typeof import('kafkajs') {
  return require('kafkajs')
}
