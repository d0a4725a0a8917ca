// Which partition a message goes to, the same in both logs: murmur2 of the key as in Kafka's own
// clients, so that a key keeps its partition when a topic moves or a Java producer joins in.
// Messages without a key take turns.

const SEED = 0x9747b28c
const MULTIPLIER = 0x5bd1e995

/** Kafka's variant of 32-bit murmur2, as a signed integer. */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes
  const tail = length & ~3
  let hash = SEED ^ length
  for (let i = 0; i < tail; i += 4) {
    let word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    word = Math.imul(word, MULTIPLIER)
    word ^= word >>> 24
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(word, MULTIPLIER)
  }
  const rest = length - tail
  if (rest === 3) hash ^= bytes[tail + 2]! << 16
  if (rest >= 2) hash ^= bytes[tail + 1]! << 8
  if (rest >= 1) hash = Math.imul(hash ^ bytes[tail]!, MULTIPLIER)
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER)
  return hash ^ (hash >>> 15)
}

export type Partitioner = (key: string | null, partitions: number) => number

export function createPartitioner(): Partitioner {
  let turn = 0
  return (key, partitions) => {
    if (key === null) return turn++ % partitions
    return (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions
  }
}
