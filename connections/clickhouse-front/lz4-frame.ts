// LZ4's frame format, which HTTP clients send as Content-Encoding: lz4: a header, blocks with their sizes,
// an end mark, and checksums where the header says so. Needs the memory of one block and of the 64 KiB
// before it, to which a block may refer.

import { Transform } from 'node:stream'
import { decompressInto } from './lz4-block.ts'
import { XxHash32 } from './xxhash32.ts'

const magic = 0x184d2204
const historyBytes = 64 * 1024
const uncompressed = 0x80000000
const blockBytes = new Map([4, 5, 6, 7].map((code) => [code, 2 ** (8 + 2 * code)]))

interface Header {
  largestBlock: number
  isLinked: boolean
  hasBlockChecksum: boolean
  hasContentChecksum: boolean
}

export function createLz4FrameDecoder(): Transform {
  const frame = new FrameReader()
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        for (const part of frame.read(chunk)) this.push(part)
        done()
      } catch (error) {
        done(error as Error)
      }
    },
    flush(done) {
      done(frame.isWhole ? null : new Error('the last LZ4 frame is incomplete'))
    },
  })
}

class FrameReader {
  #pending: Buffer = Buffer.alloc(0)
  #header: Header | null = null
  #window: Buffer = Buffer.alloc(0)
  #history = 0
  #content = new XxHash32()

  /** Between two frames, where the data may end. */
  get isWhole(): boolean {
    return this.#header === null && this.#pending.length === 0
  }

  *read(chunk: Buffer): Generator<Buffer> {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    while (this.#header !== null || this.#readHeader()) {
      const block = this.#takeBlock(this.#header!)
      if (block === null) return
      if (block.length > 0) yield block
    }
  }

  #readHeader(): boolean {
    const bytes = this.#pending
    if (bytes.length < 7) return false
    if (bytes.readUInt32LE(0) !== magic) throw new Error('this is no LZ4 frame')
    const flags = bytes[4]!
    const length = 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0)
    if (bytes.length < length) return false
    const largestBlock = blockBytes.get((bytes[5]! >> 4) & 0x07)
    if (flags >> 6 !== 1 || flags & 0x01 || largestBlock === undefined) {
      throw new Error('this LZ4 frame needs a dictionary or has another version')
    }
    const descriptor = new XxHash32()
    descriptor.update(bytes.subarray(4, length - 1))
    check((descriptor.digest() >>> 8) & 0xff, bytes[length - 1]!)
    this.#header = {
      largestBlock,
      isLinked: (flags & 0x20) === 0,
      hasBlockChecksum: (flags & 0x10) !== 0,
      hasContentChecksum: (flags & 0x04) !== 0,
    }
    this.#window = Buffer.allocUnsafe(historyBytes + largestBlock)
    this.#history = 0
    this.#content = new XxHash32()
    this.#pending = bytes.subarray(length)
    return true
  }

  /** null: not there yet. An empty block ends the frame. */
  #takeBlock(header: Header): Buffer | null {
    const bytes = this.#pending
    if (bytes.length < 4) return null
    const word = bytes.readUInt32LE(0)
    if (word === 0) return this.#endFrame(header)
    const size = word & ~uncompressed
    if (size > header.largestBlock) throw new Error('an LZ4 block is larger than its frame says')
    const end = 4 + size + (header.hasBlockChecksum ? 4 : 0)
    if (bytes.length < end) return null
    const data = bytes.subarray(4, 4 + size)
    if (header.hasBlockChecksum) check(digest(data), bytes.readUInt32LE(4 + size))
    this.#pending = bytes.subarray(end)
    const plain = this.#plain(data, word >= uncompressed, header.isLinked)
    if (header.hasContentChecksum) this.#content.update(plain)
    return plain
  }

  #endFrame(header: Header): Buffer | null {
    const length = header.hasContentChecksum ? 8 : 4
    if (this.#pending.length < length) return null
    if (header.hasContentChecksum) check(this.#content.digest(), this.#pending.readUInt32LE(4))
    this.#pending = this.#pending.subarray(length)
    this.#header = null
    return Buffer.alloc(0)
  }

  #plain(data: Buffer, isPlain: boolean, isLinked: boolean): Buffer {
    const start = isLinked ? this.#history : 0
    let end = start + data.length
    if (isPlain) data.copy(this.#window, start)
    else
      end = decompressInto(
        data,
        this.#window.subarray(0, start + this.#window.length - historyBytes),
        start,
      )
    const plain = Buffer.from(this.#window.subarray(start, end))
    if (isLinked) {
      this.#history = Math.min(end, historyBytes)
      this.#window.copyWithin(0, end - this.#history, end)
    }
    return plain
  }
}

function digest(bytes: Buffer): number {
  const hash = new XxHash32()
  hash.update(bytes)
  return hash.digest()
}

function check(found: number, told: number): void {
  if (found !== told) throw new Error('a checksum of the LZ4 frame does not match')
}
