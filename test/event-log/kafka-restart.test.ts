import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../connections/engines/ports.ts'
import { type EventLog, openKafkaEventLog } from '../../connections/event-log/index.ts'
import { type KafkaNode, startKafkaNode } from '../../scripts/kafka/kafka-node.ts'
import { lane } from '../support/lanes.ts'
import { KAFKA_FOLDER, temporaryFolder } from '../support/servers.ts'
import { message, newTopic, nextOffsets, readMessages, wholeOf } from './conformance.ts'

describe.skipIf(lane('kafka').missing)('A Kafka that is restarted', () => {
  const data = temporaryFolder('kafka-restart')
  let port: number
  let node: KafkaNode
  let log: EventLog

  const start = () => startKafkaNode({ folder: KAFKA_FOLDER, data, port })
  const restart = async () => {
    await node.stop()
    node = await start()
  }

  beforeAll(async () => {
    port = await freePort()
    node = await start()
    log = openKafkaEventLog([node.brokers])
  })

  afterAll(async () => {
    await log?.close()
    await node?.stop()
    rmSync(data, { recursive: true, force: true })
  })

  test('takes every message once, in order, while an appender goes on', async () => {
    const topic = await newTopic(log, 2)
    let isBack = false
    const values: string[] = []
    const appending = async () => {
      for (let n = 0, after = 0; after < 20; n++) {
        if (isBack) after += 1
        const value = String(n)
        await log.append(topic, [message('a', value)])
        values.push(value)
      }
    }
    const restarted = restart().then(() => {
      isBack = true
    })
    await Promise.all([appending(), restarted]).finally(() => restarted)
    expect((await readMessages(log, topic)).map(({ value }) => String(value))).toEqual(values)
  }, 120_000)

  test('is read on from where the reader stood', async () => {
    const topic = await newTopic(log, 2)
    const value = 'x'.repeat(2000)
    await log.append(
      topic,
      Array.from({ length: 20_000 }, () => message(null, value)),
    )
    const id = await log.logId()
    const whole = wholeOf(await log.ranges(topic))
    const position = new Map(whole.from)
    let restarting: Promise<void> | undefined
    for await (const batch of log.read(topic, { ...whole, maxMessagesPerBatch: 500 })) {
      expect(batch.fromOffset).toBe(position.get(batch.partition))
      position.set(batch.partition, batch.nextOffset)
      // Stopped first, so that what was not fetched yet is asked of a broker that is away.
      if (restarting === undefined) {
        await node.stop()
        restarting = restart()
      }
    }
    await restarting
    expect(position).toEqual(nextOffsets(await log.ranges(topic)))
    expect(await log.logId()).toBe(id)
  }, 120_000)
})
