// Sends to Kafka with one idempotent producer. Two of kafkajs' traps are closed here. It gives the
// sequence numbers of a failed send back, so another send in between would take them for other
// messages, which the broker then drops as duplicates: sends go one after the other, and a producer
// whose send failed for good is replaced. And it partitions anew on each retry: a message keeps the
// partition that it was given first.

import { setTimeout as delay } from 'node:timers/promises'
import type { Kafka, Message, Producer } from 'kafkajs'
import { isLostConnection, isMessageTooLarge, MessageTooLargeError } from './kafka-errors.ts'
import { PATIENT } from './kafka-patience.ts'
import { createPartitioner } from './partitioner.ts'
import type { NewMessage } from './types.ts'

/** kafkajs sends a partition's messages as one record batch; brokers take 1 MiB by default. */
const BYTES_PER_SEND = 512 * 1024
const BYTES_PER_MESSAGE = 70
const RESTART_MS = 60_000
const RECONNECT_MS = 500

export interface KafkaAppender {
  append(topic: string, messages: NewMessage[]): Promise<void>
  close(): Promise<void>
}

export function createKafkaAppender(kafka: Kafka): KafkaAppender {
  let producer: Promise<Producer> | undefined
  /** Topics that the present producer knows the partitions of. */
  const known = new Set<string>()
  let turn: Promise<unknown> = Promise.resolve()

  async function connect(): Promise<Producer> {
    const partitionFor = createPartitioner()
    const opened = kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner: () => (args) => {
        const message: Message = args.message
        const key = message.key?.toString() ?? null
        message.partition ??= partitionFor(key, args.partitionMetadata.length)
        return message.partition
      },
      // kafkajs would try for ever.
      retry: PATIENT,
    })
    await opened.connect()
    return opened
  }

  async function drop(): Promise<void> {
    const failed = producer
    producer = undefined
    known.clear()
    await failed?.then((opened) => opened.disconnect()).catch(() => {})
  }

  /**
   * A connected producer that knows the topic. Nothing has been sent yet, so this may be tried again
   * for as long as a broker's restart takes; kafkajs does that only for what it sends.
   */
  async function ready(topic: string): Promise<Producer> {
    const giveUpAt = performance.now() + RESTART_MS
    for (;;) {
      try {
        producer ??= connect()
        const opened = await producer
        if (!known.has(topic)) await opened.send({ topic, acks: -1, messages: [] })
        known.add(topic)
        return opened
      } catch (error) {
        await drop()
        if (!isLostConnection(error) || performance.now() > giveUpAt) throw error
        await delay(RECONNECT_MS)
      }
    }
  }

  async function send(topic: string, messages: Message[], bytes: number): Promise<void> {
    const opened = await ready(topic)
    try {
      await opened.send({ topic, acks: -1, messages })
    } catch (error) {
      await drop()
      if (isMessageTooLarge(error)) throw new MessageTooLargeError(topic, bytes, error as Error)
      throw error
    }
  }

  return {
    append(topic, messages) {
      const sent = turn.then(async () => {
        for (const { chunk, bytes } of chunksOf(messages)) await send(topic, chunk, bytes)
      })
      turn = sent.catch(() => {})
      return sent
    },
    async close() {
      await turn
      await (await producer)?.disconnect()
    },
  }
}

function* chunksOf(messages: NewMessage[]): Generator<{ chunk: Message[]; bytes: number }> {
  let chunk: Message[] = []
  let bytes = 0
  for (const { key, value, headers } of messages) {
    const size = BYTES_PER_MESSAGE + (key?.length ?? 0) + (value?.length ?? 0)
    if (chunk.length > 0 && bytes + size > BYTES_PER_SEND) {
      yield { chunk, bytes }
      chunk = []
      bytes = 0
    }
    chunk.push({ key, value, ...(headers && { headers }) })
    bytes += size
  }
  if (chunk.length > 0) yield { chunk, bytes }
}
