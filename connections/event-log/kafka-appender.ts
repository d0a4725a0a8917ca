// Sends to Kafka with one idempotent producer. Two of kafkajs' traps are closed here. It gives the
// sequence numbers of a failed send back, so another send in between would take them for other
// messages, which the broker then drops as duplicates: sends go one after the other, and a producer
// whose send failed for good is replaced. And it partitions anew on each retry: a message keeps the
// partition that it was given first.

import type { Kafka, Message, Producer } from 'kafkajs'
import { isMessageTooLarge, MessageTooLargeError } from './kafka-errors.ts'
import { PATIENT } from './kafka-patience.ts'
import { createPartitioner } from './partitioner.ts'
import type { NewMessage } from './types.ts'

/** kafkajs sends a partition's messages as one record batch; brokers take 1 MiB by default. */
const BYTES_PER_SEND = 512 * 1024
const BYTES_PER_MESSAGE = 70

export interface KafkaAppender {
  append(topic: string, messages: NewMessage[]): Promise<void>
  close(): Promise<void>
}

export function createKafkaAppender(kafka: Kafka): KafkaAppender {
  let producer: Promise<Producer> | undefined
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

  async function send(topic: string, messages: Message[], bytes: number): Promise<void> {
    producer ??= connect()
    try {
      await (await producer).send({ topic, acks: -1, messages })
    } catch (error) {
      const failed = producer
      producer = undefined
      await failed.then((opened) => opened.disconnect()).catch(() => {})
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
