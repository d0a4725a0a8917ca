// A Kafka that only users get into: TLS with a certificate of its own authority, SASL and ACLs. Its
// plain listener is for the test, which may do everything there.

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../connections/engines/ports.ts'
import type { KafkaOptions } from '../../connections/event-log/kafka-options.ts'
import { startKafkaNode } from '../../scripts/kafka/kafka-node.ts'
import { makeCertificates } from './certificates.ts'
import { KAFKA_FOLDER, temporaryFolder } from './servers.ts'

const PASSWORD = 'correct horse @:/% staple'

export interface SecureKafka {
  /** Takes TLS and SASL. Its certificate is of `localhost` alone. */
  brokers: string
  /** The same port by an address that the certificate does not name. */
  brokersByAddress: string
  /** Takes anybody, who may do everything. */
  plainBrokers: string
  /** The certificate of the authority, in PEM. */
  ca: string
  user(mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'): KafkaOptions
  stop(): Promise<void>
}

export async function startSecureKafka(): Promise<SecureKafka> {
  const data = temporaryFolder('secure-kafka')
  const keys = temporaryFolder('secure-kafka-keys')
  const [port, securePort] = [await freePort(), await freePort()]
  const { ca, key, certificate } = makeCertificates(keys)
  writeFileSync(join(keys, 'broker.pem'), key + certificate + ca)
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
  const node = await startKafkaNode({
    folder: KAFKA_FOLDER,
    data,
    port,
    formatArgs: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${userOf(mechanism)},password=${PASSWORD}]`,
    ]),
    settings: {
      listeners: `SASL_SSL://localhost:${securePort}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},SASL_SSL://localhost:${securePort}`,
      'listener.security.protocol.map':
        'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL',
      'inter.broker.listener.name': 'PLAINTEXT',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'listener.name.sasl_ssl.plain.sasl.jaas.config':
        'org.apache.kafka.common.security.plain.PlainLoginModule required ' +
        `user_${userOf('PLAIN')}="${PASSWORD}";`,
      'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': scram,
      'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': scram,
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': join(keys, 'broker.pem'),
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
  })
  return {
    brokers: `localhost:${securePort}`,
    brokersByAddress: `127.0.0.1:${securePort}`,
    plainBrokers: node.brokers,
    ca,
    user: (mechanism) => ({
      ssl: { ca },
      sasl: { mechanism, username: userOf(mechanism), password: PASSWORD },
      topicPrefix: 'shop.',
      replicationFactor: 1,
    }),
    async stop() {
      await node.stop()
      rmSync(data, { recursive: true, force: true })
      rmSync(keys, { recursive: true, force: true })
    },
  }
}

function userOf(mechanism: string): string {
  return mechanism.toLowerCase().replaceAll('-', '_')
}
