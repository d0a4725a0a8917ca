import { randomUUID } from 'node:crypto'
import kafkajs, { type Admin } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inspectEngines } from '../../connections/engines/index.ts'
import { loadEnvironment } from '../../connections/environment.ts'
import {
  type EventLog,
  KafkaRefusedError,
  KafkaUnreachableError,
  openKafkaEventLog,
  TopicNotMadeError,
} from '../../connections/event-log/index.ts'
import type { KafkaOptions } from '../../connections/event-log/kafka-options.ts'
import { lane } from '../support/lanes.ts'
import { type SecureKafka, startSecureKafka } from '../support/secure-kafka.ts'
import { message, newTopic, readMessages } from './conformance.ts'

const { AclResourceTypes, AclOperationTypes, AclPermissionTypes, ResourcePatternTypes } = kafkajs

describe.skipIf(lane('kafka').missing)('A Kafka with TLS, SASL and rights', () => {
  let server: SecureKafka
  let admin: Admin

  beforeAll(async () => {
    server = await startSecureKafka()
    admin = new kafkajs.Kafka({
      brokers: [server.plainBrokers],
      logLevel: kafkajs.logLevel.NOTHING,
    }).admin()
    await admin.connect()
    // As docs/managed-services.md gives them, by prefix. `plain` may not make topics.
    for (const user of ['plain', 'scram_sha_256', 'scram_sha_512']) {
      await allow(user, AclResourceTypes.TOPIC, 'shop.', [
        AclOperationTypes.DESCRIBE,
        AclOperationTypes.READ,
        AclOperationTypes.WRITE,
        ...(user === 'plain' ? [] : [AclOperationTypes.CREATE]),
      ])
      await allow(user, AclResourceTypes.GROUP, 'shop.terrace-reader-', [AclOperationTypes.READ])
    }
  })
  afterAll(async () => {
    await admin?.disconnect()
    await server?.stop()
  })

  async function allow(
    user: string,
    resourceType: number,
    resourceName: string,
    operations: number[],
  ): Promise<void> {
    await admin.createAcls({
      acl: operations.map((operation) => ({
        resourceType,
        resourceName,
        resourcePatternType: ResourcePatternTypes.PREFIXED,
        principal: `User:${user}`,
        host: '*',
        operation,
        permissionType: AclPermissionTypes.ALLOW,
      })),
    })
  }

  async function withLog<T>(
    options: KafkaOptions,
    work: (log: EventLog) => Promise<T>,
    brokers = server.brokers,
  ): Promise<T> {
    const log = openKafkaEventLog([brokers], options)
    try {
      return await work(log)
    } finally {
      await log.close()
    }
  }

  test.each(['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)(
    'makes, fills and reads topics of its prefix with %s and nothing but its rights',
    async (mechanism) => {
      await withLog(server.user(mechanism), async (log) => {
        const topic = await newTopic(log, 2)
        await log.append(topic, [message('a', '1'), message('a', '2')])
        const read = await readMessages(log, topic)
        expect(read.map(({ value }) => String(value))).toEqual(['1', '2'])
        expect(read[0]).toMatchObject({ topic })
        expect(await admin.listTopics()).toContain(`shop.${topic}`)
        expect(await log.logId()).toMatch(/^kafka:.+\/shop\.$/)
      })
    },
  )

  test('names a topic that its user may not make, and uses it once it is there', async () => {
    const topic = `topic_${randomUUID()}`
    await withLog(server.user('PLAIN'), async (log) => {
      const making = log.ensureTopics([{ topic, partitions: 3 }])
      await expect(making).rejects.toThrow(TopicNotMadeError)
      await expect(making).rejects.toThrow(
        new RegExp(`"shop\\.${topic}".*user plain may not create topics.*with 3 partitions`),
      )
      await admin.createTopics({ topics: [{ topic: `shop.${topic}`, numPartitions: 3 }] })
      await log.ensureTopics([{ topic, partitions: 3 }])
      await log.append(topic, [message('a', '1')])
      expect(await readMessages(log, topic)).toHaveLength(1)
    })
  })

  test('makes topics with the replication factor that is set, and says when it cannot be', async () => {
    const options = { ...server.user('SCRAM-SHA-512'), replicationFactor: 3 }
    await withLog(options, async (log) => {
      const making = log.ensureTopics([{ topic: `topic_${randomUUID()}`, partitions: 1 }])
      await expect(making).rejects.toThrow(/KAFKA_REPLICATION_FACTOR/)
    })
  })

  const user = () => server.user('SCRAM-SHA-512')
  const wrong: [
    string,
    () => KafkaOptions,
    RegExp,
    new (...args: never[]) => Error,
    (() => string)?,
  ][] = [
    [
      'a wrong password',
      () => ({ ...user(), sasl: { ...user().sasl!, password: 'not this one' } }),
      /refuses the user scram_sha_512 \(SCRAM-SHA-512\).*KAFKA_SASL_PASSWORD/,
      KafkaRefusedError,
    ],
    [
      'a mechanism that the user does not have',
      () => ({ ...user(), sasl: { ...user().sasl!, mechanism: 'PLAIN' } }),
      /KAFKA_SASL_MECHANISM/,
      KafkaRefusedError,
    ],
    [
      'an authority that is not trusted',
      () => ({ ...user(), ssl: { ca: null } }),
      /certificate that is not trusted.*KAFKA_SSL_CA/,
      KafkaRefusedError,
    ],
    [
      'a name that the certificate does not have',
      user,
      /certificate that is not trusted.*KAFKA_BROKERS/,
      KafkaRefusedError,
      () => server.brokersByAddress,
    ],
    [
      'no TLS on a port that speaks it',
      () => ({ ...user(), ssl: null }),
      /KAFKA_SSL=true/,
      KafkaUnreachableError,
    ],
    [
      'TLS on a port that speaks none',
      user,
      /Unset KAFKA_SSL/,
      KafkaUnreachableError,
      () => server.plainBrokers,
    ],
    [
      'no user where one is asked for',
      () => ({ ...user(), sasl: null }),
      /KAFKA_SASL_MECHANISM|KAFKA_SASL_USERNAME/,
      Error,
    ],
  ]
  test.each(wrong)(
    'says within seconds: %s',
    async (_, options, text, kind, brokers) => {
      await withLog(
        options(),
        async (log) => {
          for (const ask of [
            () => log.ranges('topic'),
            () => log.append('topic', [message('a', '1')]),
          ]) {
            const asked = ask()
            await expect(asked).rejects.toThrow(kind)
            await expect(asked).rejects.toThrow(text)
            await expect(asked).rejects.not.toThrow(/not this one|staple/)
          }
        },
        brokers?.(),
      )
    },
    20_000,
  )

  test('says which right on groups is missing', async () => {
    const topic = `topic_${randomUUID()}`
    await allow('scram_sha_512', AclResourceTypes.TOPIC, 'other.', [
      AclOperationTypes.DESCRIBE,
      AclOperationTypes.READ,
      AclOperationTypes.WRITE,
      AclOperationTypes.CREATE,
    ])
    await withLog({ ...user(), topicPrefix: 'other.' }, async (log) => {
      await log.ensureTopics([{ topic, partitions: 1 }])
      await log.append(topic, [message('a', '1')])
      await expect(readMessages(log, topic)).rejects.toThrow(
        /Read on groups with the prefix "other\.terrace-reader-"/,
      )
    })
  })

  test('is shown by doctor, and what is wrong with it', async () => {
    const report = async (password: string) => {
      const env = loadEnvironment({
        TERRACE_HOME: '/nowhere',
        KAFKA_BROKERS: server.brokers,
        KAFKA_SSL: 'true',
        KAFKA_SSL_CA: server.ca,
        KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
        KAFKA_SASL_USERNAME: 'scram_sha_512',
        KAFKA_SASL_PASSWORD: password,
      })
      return (await inspectEngines(env)).find(({ role }) => role === 'event_log')
    }
    expect(await report(user().sasl!.password)).toMatchObject({
      ok: true,
      version: expect.stringMatching(/1 broker, TLS, SCRAM-SHA-512 as scram_sha_512$/),
    })
    const refused = await report('not this one')
    expect(refused).toMatchObject({
      ok: false,
      problem: expect.stringMatching(/KAFKA_SASL_PASSWORD/),
    })
    expect(JSON.stringify(refused)).not.toContain('not this one')
  })
})

describe('The variables of Kafka', () => {
  const load = (source: NodeJS.ProcessEnv) => () =>
    loadEnvironment({ KAFKA_BROKERS: 'a:1', ...source })

  test('name what is missing, and hide the password', () => {
    expect(load({ KAFKA_SASL_PASSWORD: 'hidden' })).toThrow(
      /KAFKA_SASL_MECHANISM=: is not set[\s\S]*KAFKA_SASL_USERNAME=: is not set/,
    )
    expect(load({ KAFKA_SASL_PASSWORD: 'hidden' })).not.toThrow(/hidden/)
    expect(load({ KAFKA_SASL_MECHANISM: 'GSSAPI' })).toThrow(/must be PLAIN, SCRAM-SHA-256/)
    expect(load({ KAFKA_SSL: 'true', KAFKA_SSL_CA: '/no/such/file' })).toThrow(
      /KAFKA_SSL_CA.*no file/,
    )
    expect(load({ KAFKA_SSL: 'true', KAFKA_SSL_CA: 'package.json' })).toThrow(/no certificate/)
    expect(load({ KAFKA_TOPIC_PREFIX: 'a/b' })).toThrow(/KAFKA_TOPIC_PREFIX/)
    expect(load({ KAFKA_REPLICATION_FACTOR: '0' })).toThrow(/KAFKA_REPLICATION_FACTOR/)
  })
})
