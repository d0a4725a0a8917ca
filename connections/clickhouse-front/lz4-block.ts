// LZ4's block format. The encoder is a small greedy one: a table of the last position of each four
// bytes; results of queries repeat enough that this is most of what a better one would gain.

const tableBits = 14
const minMatch = 4
/** The format wants the last five bytes as literals, and no match to start in the last twelve. */
const lastLiterals = 5
const matchLimit = 12

export function compressBlock(source: Buffer): Buffer {
  const target = Buffer.allocUnsafe(source.length + Math.ceil(source.length / 255) + 16)
  const table = new Int32Array(1 << tableBits).fill(-1)
  let written = 0
  let anchor = 0
  let at = 0
  const writeLength = (rest: number) => {
    let left = rest
    for (; left >= 255; left -= 255) target[written++] = 255
    target[written++] = left
  }
  const writeLiterals = (end: number, matchCode: number) => {
    const count = end - anchor
    target[written++] = (Math.min(count, 15) << 4) | Math.min(matchCode, 15)
    if (count >= 15) writeLength(count - 15)
    source.copy(target, written, anchor, end)
    written += count
  }
  const searchEnd = source.length - matchLimit
  while (at < searchEnd) {
    const word = source.readUInt32LE(at)
    const slot = Math.imul(word, 0x9e3779b1) >>> (32 - tableBits)
    const candidate = table[slot]!
    table[slot] = at
    if (candidate < 0 || at - candidate > 0xffff || source.readUInt32LE(candidate) !== word) {
      // Data that does not compress is stepped over faster and faster.
      at += 1 + ((at - anchor) >> 6)
      continue
    }
    let length = minMatch
    const longest = source.length - lastLiterals - at
    while (length < longest && source[candidate + length] === source[at + length]) length += 1
    writeLiterals(at, length - minMatch)
    target.writeUInt16LE(at - candidate, written)
    written += 2
    if (length - minMatch >= 15) writeLength(length - minMatch - 15)
    at += length
    anchor = at
  }
  writeLiterals(source.length, 0)
  return target.subarray(0, written)
}

/** @throws RangeError when the block is not valid or does not fill `size` exactly. */
export function decompressBlock(source: Buffer, size: number): Buffer {
  const target = Buffer.allocUnsafe(size)
  if (decompressInto(source, target, 0) !== size) throw invalid()
  return target
}

/**
 * Writes the block's plain bytes into `target` from `start` on, and returns where they end. What stands
 * before `start` is what the block may refer back to.
 * @throws RangeError when the block is not valid or does not fit.
 */
export function decompressInto(source: Buffer, target: Buffer, start: number): number {
  const size = target.length
  let read = 0
  let written = start
  const readLength = (nibble: number) => {
    let length = nibble
    if (nibble < 15) return length
    for (let byte = 255; byte === 255; length += byte) {
      if (read >= source.length) throw invalid()
      byte = source[read++]!
    }
    return length
  }
  while (read < source.length) {
    const token = source[read++]!
    const literals = readLength(token >> 4)
    if (read + literals > source.length || written + literals > size) throw invalid()
    source.copy(target, written, read, read + literals)
    read += literals
    written += literals
    if (read === source.length) break
    if (read + 2 > source.length) throw invalid()
    const distance = source.readUInt16LE(read)
    read += 2
    const length = readLength(token & 15) + minMatch
    if (distance === 0 || distance > written || written + length > size) throw invalid()
    for (let end = written + length; written < end; written += 1) {
      target[written] = target[written - distance]!
    }
  }
  return written
}

function invalid(): RangeError {
  return new RangeError('not a valid LZ4 block')
}
