// ClickHouse's own compression of bodies (`compress=1`, `decompress=1`): blocks of a checksum (16
// bytes), the method (1), the size with this header of nine bytes (4), the plain size (4), data.

import { Transform } from 'node:stream'
import { cityHash128 } from './city-hash.ts'
import { ClickHouseError } from './clickhouse-error.ts'
import { compressBlock, decompressBlock } from './lz4-block.ts'

const checksumBytes = 16
const headerBytes = 9
const plainBlockBytes = 256 * 1024
const largestBlock = 64 * 1024 * 1024
const method = { none: 0x02, lz4: 0x82 }

export function encodeBlock(plain: Buffer): Buffer {
  const data = compressBlock(plain)
  const block = Buffer.allocUnsafe(checksumBytes + headerBytes + data.length)
  block[checksumBytes] = method.lz4
  block.writeUInt32LE(headerBytes + data.length, checksumBytes + 1)
  block.writeUInt32LE(plain.length, checksumBytes + 5)
  data.copy(block, checksumBytes + headerBytes)
  const [low, high] = cityHash128(block.subarray(checksumBytes))
  block.writeBigUInt64LE(low, 0)
  block.writeBigUInt64LE(high, 8)
  return block
}

export function createBlockEncoder(): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (let start = 0; start < chunk.length; start += plainBlockBytes) {
        this.push(encodeBlock(chunk.subarray(start, start + plainBlockBytes)))
      }
      done()
    },
  })
}

export function createBlockDecoder(): Transform {
  let pending = Buffer.alloc(0)
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      pending = pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([pending, chunk])
      try {
        for (let size = blockSize(pending); size > 0; size = blockSize(pending)) {
          this.push(decodeBlock(pending.subarray(0, size)))
          pending = pending.subarray(size)
        }
        done()
      } catch (error) {
        done(error as Error)
      }
    },
    flush(done) {
      done(pending.length === 0 ? null : invalid('the last block is incomplete'))
    },
  })
}

/** Bytes of the first block, or 0 when it has not arrived whole. */
function blockSize(bytes: Buffer): number {
  if (bytes.length < checksumBytes + headerBytes) return 0
  const size = bytes.readUInt32LE(checksumBytes + 1)
  const plainSize = bytes.readUInt32LE(checksumBytes + 5)
  if (size < headerBytes || size > largestBlock || plainSize > largestBlock) {
    throw invalid(`a block says it has ${size} bytes and ${plainSize} plain ones`)
  }
  return bytes.length < checksumBytes + size ? 0 : checksumBytes + size
}

function decodeBlock(block: Buffer): Buffer {
  const [low, high] = cityHash128(block.subarray(checksumBytes))
  if (block.readBigUInt64LE(0) !== low || block.readBigUInt64LE(8) !== high) {
    throw new ClickHouseError(40, 'CHECKSUM_DOESNT_MATCH', 'Checksum doesnt match', { status: 400 })
  }
  const data = block.subarray(checksumBytes + headerBytes)
  const plainSize = block.readUInt32LE(checksumBytes + 5)
  if (block[checksumBytes] === method.none) return data
  if (block[checksumBytes] !== method.lz4) {
    throw new ClickHouseError(
      89,
      'UNKNOWN_COMPRESSION_METHOD',
      'Blocks of this compression method are not supported here: send LZ4 or NONE',
      { status: 400 },
    )
  }
  try {
    return decompressBlock(data, plainSize)
  } catch (cause) {
    throw invalid((cause as Error).message)
  }
}

function invalid(why: string): ClickHouseError {
  return new ClickHouseError(271, 'CANNOT_DECOMPRESS', `Cannot decompress the body: ${why}`, {
    status: 400,
  })
}
