// CityHash128 of version 1.0.2, the one ClickHouse froze for the checksums of its compressed
// blocks (later versions give other values). Written with BigInt: blocks are hashed after they are
// compressed, and no other checksum is accepted by the drivers.

const mask = 0xffffffffffffffffn
const k0 = 0xc3a5c85c97cb3127n
const k1 = 0xb492b66fbe98f273n
const k2 = 0x9ae16a3b2f90404fn
const k3 = 0xc949d7c7509e6557n
const kMul = 0x9ddfea08eb382d69n

type Pair = [bigint, bigint]

/** The low and the high half. */
export function cityHash128(bytes: Buffer): Pair {
  if (bytes.length >= 16) {
    return withSeed(bytes, 16, [read64(bytes, 0) ^ k3, read64(bytes, 8)])
  }
  if (bytes.length >= 8) {
    const length = BigInt(bytes.length)
    return withSeed(Buffer.alloc(0), 0, [
      read64(bytes, 0) ^ wrap(length * k0),
      read64(bytes, bytes.length - 8) ^ k1,
    ])
  }
  return withSeed(bytes, 0, [k0, k1])
}

const wrap = (value: bigint) => value & mask
const read64 = (bytes: Buffer, offset: number) => bytes.readBigUInt64LE(offset)
const rotate = (value: bigint, by: bigint) => wrap((value >> by) | (value << (64n - by)))
const shiftMix = (value: bigint) => value ^ (value >> 47n)

function hash16(low: bigint, high: bigint): bigint {
  let a = wrap((low ^ high) * kMul)
  a ^= a >> 47n
  let b = wrap((high ^ a) * kMul)
  b ^= b >> 47n
  return wrap(b * kMul)
}

function hash0to16(bytes: Buffer): bigint {
  const { length } = bytes
  if (length > 8) {
    const a = read64(bytes, 0)
    const b = read64(bytes, length - 8)
    return hash16(a, rotateByLength(wrap(b + BigInt(length)), length)) ^ b
  }
  if (length >= 4) {
    const a = BigInt(bytes.readUInt32LE(0))
    return hash16(BigInt(length) + (a << 3n), BigInt(bytes.readUInt32LE(length - 4)))
  }
  if (length === 0) return k2
  const y = BigInt(bytes[0]!) + (BigInt(bytes[length >> 1]!) << 8n)
  const z = BigInt(length) + (BigInt(bytes[length - 1]!) << 2n)
  return wrap(shiftMix(wrap(y * k2) ^ wrap(z * k3)) * k2)
}

const rotateByLength = (value: bigint, length: number) => rotate(value, BigInt(length))

function weakHash32(bytes: Buffer, at: number, first: bigint, second: bigint): Pair {
  const w = read64(bytes, at)
  const x = read64(bytes, at + 8)
  const y = read64(bytes, at + 16)
  const z = read64(bytes, at + 24)
  let a = wrap(first + w)
  let b = rotate(wrap(second + a + z), 21n)
  const c = a
  a = wrap(a + x + y)
  b = wrap(b + rotate(a, 44n))
  return [wrap(a + z), wrap(b + c)]
}

function murmur(bytes: Buffer, seed: Pair): Pair {
  const { length } = bytes
  let [a, b] = seed
  let c: bigint
  let d: bigint
  if (length <= 16) {
    a = wrap(shiftMix(wrap(a * k1)) * k1)
    c = wrap(wrap(b * k1) + hash0to16(bytes))
    d = shiftMix(wrap(a + (length >= 8 ? read64(bytes, 0) : c)))
  } else {
    c = hash16(wrap(read64(bytes, length - 8) + k1), a)
    d = hash16(wrap(b + BigInt(length)), wrap(c + read64(bytes, length - 16)))
    a = wrap(a + d)
    for (let at = 0, left = length - 16; left > 0; at += 16, left -= 16) {
      a = wrap((a ^ wrap(shiftMix(wrap(read64(bytes, at) * k1)) * k1)) * k1)
      b ^= a
      c = wrap((c ^ wrap(shiftMix(wrap(read64(bytes, at + 8) * k1)) * k1)) * k1)
      d ^= c
    }
  }
  a = hash16(a, c)
  b = hash16(d, b)
  return [a ^ b, hash16(b, a)]
}

function withSeed(all: Buffer, start: number, seed: Pair): Pair {
  const bytes = all.subarray(start)
  if (bytes.length < 128) return murmur(bytes, seed)
  let [x, y] = seed
  let z = wrap(BigInt(bytes.length) * k1)
  let v0 = wrap(rotate(y ^ k1, 49n) * k1 + read64(bytes, 0))
  let v1 = wrap(rotate(v0, 42n) * k1 + read64(bytes, 8))
  let w0 = wrap(rotate(wrap(y + z), 35n) * k1 + x)
  let w1 = wrap(rotate(wrap(x + read64(bytes, 88)), 53n) * k1)
  let at = 0
  let left = bytes.length
  do {
    for (let half = 0; half < 2; half += 1, at += 64) {
      x = wrap(rotate(wrap(x + y + v0 + read64(bytes, at + 16)), 37n) * k1)
      y = wrap(rotate(wrap(y + v1 + read64(bytes, at + 48)), 42n) * k1)
      x ^= w1
      y ^= v0
      z = rotate(z ^ w0, 33n)
      ;[v0, v1] = weakHash32(bytes, at, wrap(v1 * k1), wrap(x + w0))
      ;[w0, w1] = weakHash32(bytes, at + 32, wrap(z + w1), y)
      ;[z, x] = [x, z]
    }
    left -= 128
  } while (left >= 128)
  y = wrap(y + rotate(w0, 37n) * k0 + z)
  x = wrap(x + rotate(wrap(v0 + z), 49n) * k0)
  for (let tail = 0; tail < left; ) {
    tail += 32
    const from = at + left - tail
    y = wrap(rotate(wrap(y - x), 42n) * k0 + v1)
    w0 = wrap(w0 + readBefore(all, start + from + 16))
    x = wrap(rotate(x, 49n) * k0 + w0)
    w0 = wrap(w0 + v0)
    ;[v0, v1] = weakHash32(all, start + from, v0, v1)
  }
  x = hash16(x, v0)
  y = hash16(y, w0)
  return [wrap(hash16(wrap(x + v1), w1) + y), hash16(wrap(x + w1), wrap(y + v1))]
}

const readBefore = (bytes: Buffer, at: number) => read64(bytes, at)
