// What every event log must do, whichever engine it runs on. The suites of the engines call
// `describeEventLog` with the addresses of a log that is ready.

import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EngineAddresses } from '../../connections/engines/types.ts'
import {
  type EventLog,
  type LogBatch,
  type LogMessage,
  type NewMessage,
  OffsetOutOfRangeError,
  openEventLog,
  type PartitionRange,
  UnknownTopicError,
} from '../../connections/event-log/index.ts'

export function describeEventLog(addresses: () => EngineAddresses): void {
  let log: EventLog
  beforeAll(() => {
    log = openEventLog(addresses())
  })
  afterAll(() => log?.close())

  test('gives the same id to everyone who asks', async () => {
    const other = openEventLog(addresses())
    expect(await log.logId()).toMatch(new RegExp(`^${log.kind}:.+`))
    expect(await other.logId()).toBe(await log.logId())
    await other.close()
  })

  test('makes missing topics and never changes one that exists', async () => {
    const topic = await newTopic(log, 2)
    const second = `${topic}_second`
    await log.ensureTopics([
      { topic, partitions: 5 },
      { topic: second, partitions: 3 },
    ])
    await log.ensureTopics([{ topic: second, partitions: 1 }])
    expect(await log.ranges(topic)).toEqual([emptyPartition(0), emptyPartition(1)])
    expect(await log.ranges(second)).toHaveLength(3)
  })

  test('says at once that a topic does not exist', async () => {
    const topic = `unknown_${randomUUID()}`
    const one = new Map([[0, 0n]])
    const signal = new AbortController().signal
    for (const attempt of [
      () => log.append(topic, [message('a', 'b')]),
      () => log.ranges(topic),
      () => collect(log.read(topic, { from: one, until: one })),
      () => log.watch(topic, () => {}, { signal }),
    ]) {
      await expect(attempt()).rejects.toThrow(UnknownTopicError)
    }
  })

  test('keeps keys, values and headers byte by byte', async () => {
    const topic = await newTopic(log, 1)
    const values = [
      null,
      Buffer.alloc(0),
      Buffer.from([0]),
      Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28]),
      Buffer.from('\\N\t"{},\n'),
      Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
      Buffer.alloc(700_000, 'x'),
    ]
    const headers = { traceparent: '00-ä-\0-"', '': '', __proto__x: 'y' }
    await log.append(
      topic,
      values.map((value) => ({ key: 'ключ \0', value, headers })),
    )
    await log.append(topic, [{ key: null, value: Buffer.from('bare') }, message('', '')])
    // Enough of them for the way that large batches go.
    await log.append(
      topic,
      Array.from({ length: 300 }, (_, i) => ({ key: null, value: values[i % 6]!, headers })),
    )
    const read = (await readAll(log, topic)).flatMap((batch) => batch.messages)
    expect(read.slice(0, values.length).map(({ value }) => bytes(value))).toEqual(values.map(bytes))
    expect(read.slice(9).map(({ value }) => bytes(value))).toEqual(
      Array.from({ length: 300 }, (_, i) => bytes(values[i % 6]!)),
    )
    for (const one of [read[0]!, read.at(-1)!]) {
      expect(one.headers).toEqual(
        Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, Buffer.from(v)])),
      )
    }
    expect(read[0]!.key).toEqual(Buffer.from('ключ \0'))
    expect(read[7]).toMatchObject({ key: null, headers: {} })
    expect(read[8]).toMatchObject({ key: Buffer.alloc(0), value: Buffer.alloc(0) })
    expect(Math.abs(read[0]!.timestamp.getTime() - Date.now())).toBeLessThan(60_000)
  })

  test('puts keys where Kafka puts them, and spreads messages without a key', async () => {
    const topic = await newTopic(log, 10)
    const keys = ['a', 'user-1', 'user-42', 'ключ', '']
    await log.append(
      topic,
      keys.map((key) => message(key, key)),
    )
    const partitions = new Map(
      (await readMessages(log, topic)).map(({ key, partition }) => [String(key), partition]),
    )
    // From org.apache.kafka.clients.producer.internals.BuiltInPartitioner with 10 partitions.
    expect(keys.map((key) => partitions.get(key))).toEqual([4, 8, 0, 4, 1])
    await log.append(
      topic,
      Array.from({ length: 100 }, () => ({ key: null, value: null })),
    )
    const spread = (await readMessages(log, topic)).filter(({ key }) => key === null)
    expect(new Set(spread.map(({ partition }) => partition)).size).toBe(10)
  })

  test('gives dense offsets in the order of each appender, and a reader beside them skips none', async () => {
    const topic = await newTopic(log, 3)
    const appenders = [log, ...Array.from({ length: 3 }, () => openEventLog(addresses()))]
    let isAppending = true
    const appending = Promise.all(
      appenders.map(async (appender, a) => {
        for (let n = 0; n < 40; n++) {
          const size = n % 10 === 0 ? 150 : 1 + (n % 3)
          const batch = Array.from({ length: size }, (_, i) =>
            message(`${a}-${i % 7}`, `${n} ${i}`),
          )
          await appender.append(topic, batch)
        }
      }),
    ).finally(() => {
      isAppending = false
    })
    const seen: LogMessage[] = []
    const position = new Map([0, 1, 2].map((partition) => [partition, 0n]))
    for (let isLast = false; !isLast; ) {
      isLast = !isAppending
      const until = nextOffsets(await log.ranges(topic))
      for await (const batch of log.read(topic, { from: new Map(position), until })) {
        expect(batch.fromOffset).toBe(position.get(batch.partition))
        position.set(batch.partition, batch.nextOffset)
        seen.push(...batch.messages)
      }
      expect(position).toEqual(until)
    }
    await appending
    for (const other of appenders.slice(1)) await other.close()

    const perAppender =
      4 * 150 +
      Array.from({ length: 40 }, (_, n) => (n % 10 ? 1 + (n % 3) : 0)).reduce((a, b) => a + b)
    expect(seen).toHaveLength(4 * perAppender)
    for (const partition of [0, 1, 2]) {
      const offsets = seen.filter((one) => one.partition === partition).map(({ offset }) => offset)
      expect(offsets).toEqual(offsets.map((_, i) => BigInt(i)))
    }
    const keys = new Set(seen.map(({ key }) => String(key)))
    expect(keys.size).toBe(4 * 7)
    for (const key of keys) {
      const order = seen
        .filter((one) => String(one.key) === key)
        .map(({ value }) => String(value).split(' ').map(Number))
      expect(order).toEqual(order.toSorted(([n = 0, i = 0], [m = 0, j = 0]) => n - m || i - j))
    }
  })

  test('reads bounded stretches from the middle of several partitions', async () => {
    const topic = await newTopic(log, 3)
    await log.append(
      topic,
      Array.from({ length: 900 }, (_, i) => message(null, String(i))),
    )
    const from = new Map([
      [0, 17n],
      [2, 250n],
      [1, 5n],
    ])
    const until = new Map([
      [0, 131n],
      [1, 5n],
      [2, 300n],
    ])
    const batches = await collect(log.read(topic, { from, until, maxMessagesPerBatch: 50 }))
    for (const partition of [0, 2]) {
      const own = batches.filter((batch) => batch.partition === partition)
      let position = from.get(partition)!
      for (const batch of own) {
        expect(batch.fromOffset).toBe(position)
        expect(batch.messages.length).toBeLessThanOrEqual(50)
        expect(batch.messages.map(({ offset }) => offset)).toEqual(
          batch.messages.map((_, i) => batch.fromOffset + BigInt(i)),
        )
        position = batch.nextOffset
      }
      expect(position).toBe(until.get(partition))
    }
    expect(batches.some(({ partition }) => partition === 1)).toBe(false)
  })

  test('refuses offsets that it does not hold, instead of waiting or skipping', async () => {
    const topic = await newTopic(log, 2)
    await log.append(topic, [message(null, 'a'), message(null, 'b')])
    const read = (partition: number, from: bigint, until: bigint) =>
      collect(
        log.read(topic, {
          from: new Map([[partition, from]]),
          until: new Map([[partition, until]]),
        }),
      )
    await expect(read(0, 0n, 2n)).rejects.toThrow(OffsetOutOfRangeError)
    await expect(read(0, 2n, 3n)).rejects.toThrow(OffsetOutOfRangeError)
    await expect(read(0, 9n, 9n)).rejects.toThrow(OffsetOutOfRangeError)
    await expect(read(7, 0n, 1n)).rejects.toThrow(/no such partition/)
    await expect(
      collect(log.read(topic, { from: new Map([[0, 0n]]), until: new Map() })),
    ).rejects.toThrow(/`until`/)
    expect(await read(0, 1n, 1n)).toEqual([])
  })

  test('stops reading with the reason of the signal, and goes on with the next read', async () => {
    const topic = await newTopic(log, 1)
    await log.append(
      topic,
      Array.from({ length: 500 }, (_, i) => message(null, String(i))),
    )
    const whole = wholeOf(await log.ranges(topic))
    const cancelled = new Error('cancelled')
    const before = AbortSignal.abort(cancelled)
    await expect(collect(log.read(topic, { ...whole, signal: before }))).rejects.toBe(cancelled)
    const during = new AbortController()
    const reading = async () => {
      const options = { ...whole, maxMessagesPerBatch: 10, signal: during.signal }
      for await (const _ of log.read(topic, options)) during.abort(cancelled)
    }
    await expect(reading()).rejects.toBe(cancelled)
    for await (const _ of log.read(topic, { ...whole, maxMessagesPerBatch: 10 })) break
    expect(await readMessages(log, topic)).toHaveLength(500)
  })

  test('lets several reads of one topic run at once', async () => {
    const topic = await newTopic(log, 2)
    await log.append(
      topic,
      Array.from({ length: 2000 }, (_, i) => message(null, String(i))),
    )
    const reads = await Promise.all(Array.from({ length: 3 }, () => readMessages(log, topic)))
    for (const messages of reads) expect(messages).toHaveLength(2000)
  })

  test('calls a watcher for what is there already and for what comes', async () => {
    const topic = await newTopic(log, 2)
    await log.append(topic, [message('a', '1')])
    const stop = new AbortController()
    const calls = signals()
    const watching = log.watch(topic, calls.fire, { signal: stop.signal, intervalMs: 50 })
    await calls.next()
    const other = openEventLog(addresses())
    for (let n = 0; n < 3; n++) {
      const called = calls.next()
      await other.append(topic, [message('a', 'more')])
      await called
    }
    stop.abort()
    await watching
    await other.close()
  })

  test('lets a process that closed it end by itself', async () => {
    const topic = await newTopic(log, 1)
    const program = `
      import { openEventLog } from './connections/event-log/index.ts'
      const log = openEventLog(${JSON.stringify(addresses())})
      const stop = new AbortController()
      const watching = new Promise((resolve) => log.watch(${JSON.stringify(topic)}, resolve, { signal: stop.signal }))
      await log.append('${topic}', [{ key: 'a', value: Buffer.from('b') }])
      for await (const batch of log.read('${topic}', { from: new Map([[0, 0n]]), until: new Map([[0, 1n]]) })) console.log(batch.messages.length)
      await watching
      stop.abort()
      await log.close()`
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', program],
      { timeout: 20_000 },
    )
    expect(stdout).toBe('1\n')
  })

  test('prints how fast it is', async () => {
    // A tenth by default: enough to see that nothing is quadratic.
    const total = process.env.TERRACE_LONG ? 100_000 : 10_000
    const topic = await newTopic(log, 4)
    const event = () => message(randomUUID(), 'x'.repeat(200))
    const figures: string[] = []
    const measure = async (what: string, count: number, work: () => Promise<unknown>) => {
      const start = performance.now()
      await work()
      const perSecond = Math.round((count / (performance.now() - start)) * 1000)
      figures.push(`${what} ${perSecond.toLocaleString('en')}/s`)
    }
    await measure('append by 1:', 100, async () => {
      for (let i = 0; i < 100; i++) await log.append(topic, [event()])
    })
    for (const size of [1000, 10_000]) {
      const batches = Array.from({ length: total / size }, () =>
        Array.from({ length: size }, event),
      )
      await measure(`append by ${size}:`, total, async () => {
        for (const batch of batches) await log.append(topic, batch)
      })
    }
    await measure('read:', 2 * total + 100, async () => {
      expect(await readMessages(log, topic)).toHaveLength(2 * total + 100)
    })
    console.log(`Event log on ${log.kind}, messages: ${figures.join(', ')}`)
  }, 90_000)
}

export async function newTopic(log: EventLog, partitions: number): Promise<string> {
  const topic = `topic_${randomUUID()}`
  await log.ensureTopics([{ topic, partitions }])
  return topic
}

export function message(key: string | null, value: string): NewMessage {
  return { key, value: Buffer.from(value) }
}

/** As a string, which Vitest compares much faster than a long buffer. */
function bytes(value: Buffer | null): string | null {
  return value === null ? null : value.toString('latin1')
}

function emptyPartition(partition: number): PartitionRange {
  return { partition, firstOffset: 0n, nextOffset: 0n }
}

export function nextOffsets(ranges: PartitionRange[]): Map<number, bigint> {
  return new Map(ranges.map(({ partition, nextOffset }) => [partition, nextOffset]))
}

/** All that the log holds of a topic now. */
export function wholeOf(ranges: PartitionRange[]) {
  return {
    from: new Map(ranges.map(({ partition, firstOffset }) => [partition, firstOffset])),
    until: nextOffsets(ranges),
  }
}

export async function collect(batches: AsyncIterable<LogBatch>): Promise<LogBatch[]> {
  const collected: LogBatch[] = []
  for await (const batch of batches) collected.push(batch)
  return collected
}

export async function readAll(log: EventLog, topic: string): Promise<LogBatch[]> {
  return collect(log.read(topic, wholeOf(await log.ranges(topic))))
}

export async function readMessages(log: EventLog, topic: string): Promise<LogMessage[]> {
  return (await readAll(log, topic)).flatMap(({ messages }) => messages)
}

/** A callback, and a promise for its next call. */
function signals() {
  const waiting: (() => void)[] = []
  return {
    fire: () => {
      for (const wake of waiting.splice(0)) wake()
    },
    next: () => new Promise<void>((resolve) => waiting.push(resolve)),
  }
}
