// Seeded randomness: the same words give the same numbers on every machine, for ever. sfc32, seeded
// by SHA-256, because Math.random cannot be seeded and neighbouring seeds must not look alike.
//
// A hash costs as much as a hundred draws, so it is paid once for a session and not for every event.

import { createHash } from 'node:crypto'

export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number
  /** A whole number from 0 up to, not including, `below`. */
  below(below: number): number
  /** A whole number, both ends included. */
  between(from: number, to: number): number
  chance(share: number): boolean
  pick<T>(items: readonly T[]): T
}

export interface NamedRandom {
  random: Random
  /** 32 hex digits that no other words have: what ids are made of. */
  hex: string
}

type Words = (string | number)[]

export function createRandom(...words: Words): Random {
  return randomFrom(hashOf(words))
}

/** Numbers and a name for them from one hash. */
export function createNamedRandom(...words: Words): NamedRandom {
  const digest = hashOf(words)
  return { random: randomFrom(digest), hex: digest.toString('hex', 16) }
}

/** Words are kept apart, so that ('a', 'bc') and ('ab', 'c') are two seeds. */
function hashOf(words: Words): Buffer {
  return createHash('sha256').update(JSON.stringify(words)).digest()
}

function randomFrom(digest: Buffer): Random {
  let a = digest.readInt32LE(0)
  let b = digest.readInt32LE(4)
  let c = digest.readInt32LE(8)
  let counter = digest.readInt32LE(12)
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 4_294_967_296
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    next,
    below,
    between: (from, to) => from + below(to - from + 1),
    chance: (share) => next() < share,
    pick: (items) => items[below(items.length)]!,
  }
}

/** The n-th uuid (version 8: made by us) of a name. */
export function numberedUuid(hex: string, n: number): string {
  const number = n.toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(12, 15)}-a${hex.slice(15, 18)}-${number}`
}
