import { Redis } from 'ioredis'
import kafkajs from 'kafkajs'
import { Client } from 'pg'
import { afterEach, describe, expect, test } from 'vitest'
import { lane } from '../support/lanes.ts'
import type { TestServer } from '../support/servers.ts'

let server: TestServer<string> | undefined
afterEach(async () => {
  await server?.stop()
  server = undefined
})

const redis = lane('redis')
describe.skipIf(redis.missing)('The lane of Redis', () => {
  test('A server of its own answers and is gone after stop', async () => {
    server = await redis.start()
    const client = new Redis(server.address, { retryStrategy: () => null })
    client.on('error', () => {})
    expect(await client.ping()).toBe('PONG')
    await server.stop()
    await expect(client.ping()).rejects.toThrow()
    client.disconnect()
  })
})

const postgres = lane('postgres15')
describe.skipIf(postgres.missing)('The lane of Postgres 15', () => {
  test('A server of its own answers as version 15', async () => {
    server = await postgres.start()
    const client = new Client({ connectionString: server.address })
    await client.connect()
    const { rows } = await client.query<{ server_version: string }>('show server_version')
    await client.end()
    expect(rows[0]?.server_version).toMatch(/^15\./)
  })
})

const kafka = lane('kafka')
describe.skipIf(kafka.missing)('The lane of Kafka', () => {
  test('A node of its own takes a message and creates no topic by itself', async () => {
    server = await kafka.start()
    const client = new kafkajs.Kafka({
      brokers: [server.address],
      logLevel: kafkajs.logLevel.NOTHING,
    })
    const admin = client.admin()
    const producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
    await admin.connect()
    await producer.connect()
    try {
      await admin.createTopics({ topics: [{ topic: 'seen', numPartitions: 1 }] })
      await producer.send({ topic: 'seen', messages: [{ value: 'a' }] })
      expect(await admin.listTopics()).toEqual(['seen'])
      expect((await admin.fetchTopicOffsets('seen'))[0]?.high).toBe('1')
    } finally {
      await producer.disconnect()
      await admin.disconnect()
    }
  })
})
