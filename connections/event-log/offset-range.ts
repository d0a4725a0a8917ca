// Offsets that a reader asks for, held against what the log holds. A log that was pruned, cut or
// made anew under a reader must be an error that says so: skipping ahead would be a silent gap, and
// waiting for offsets that never come a silent stop.

import type { PartitionRange, ReadOptions } from './types.ts'

export class OffsetOutOfRangeError extends Error {
  override name = 'OffsetOutOfRangeError'
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  constructor(topic: string, partition: number, offset: bigint, range: PartitionRange | undefined) {
    const held =
      range === undefined
        ? 'the topic has no such partition'
        : `the log holds ${range.firstOffset} up to, not including, ${range.nextOffset}`
    const lost =
      range === undefined || offset >= range.firstOffset ? 0n : range.firstOffset - offset
    super(
      `Topic "${topic}", partition ${partition}: offset ${offset} was asked for, but ${held}. ` +
        (lost > 0n ? `${lost} were removed before they were read. ` : '') +
        'The next run of the DAG that lands the topic says what happened and which command mends it.',
    )
    this.topic = topic
    this.partition = partition
    this.offset = offset
  }
}

/** What is left to read of one partition. */
export interface Stretch {
  partition: number
  from: bigint
  until: bigint
}

/**
 * The stretches that `options` asks for, empty ones left out.
 *
 * @throws OffsetOutOfRangeError when the log does not hold all of one.
 */
export function stretchesToRead(
  topic: string,
  ranges: PartitionRange[],
  options: ReadOptions,
): Stretch[] {
  const held = new Map(ranges.map((range) => [range.partition, range]))
  const stretches: Stretch[] = []
  for (const [partition, from] of [...options.from].sort(([a], [b]) => a - b)) {
    const range = held.get(partition)
    const until = options.until.get(partition)
    if (until === undefined) {
      throw new TypeError(
        `Reading topic "${topic}": partition ${partition} is in \`from\` but not in \`until\`; name it in both.`,
      )
    }
    if (range === undefined || from > range.nextOffset) {
      throw new OffsetOutOfRangeError(topic, partition, from, range)
    }
    if (from >= until) continue
    if (from < range.firstOffset) throw new OffsetOutOfRangeError(topic, partition, from, range)
    if (until > range.nextOffset) throw new OffsetOutOfRangeError(topic, partition, until, range)
    stretches.push({ partition, from, until })
  }
  return stretches
}
