import type { Transform } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import fc from 'fast-check'
import { compressFrameSync } from 'lz4-napi'
import { expect, test } from 'vitest'
import {
  createBlockDecoder,
  encodeBlock,
} from '../../connections/clickhouse-front/block-framing.ts'
import { cityHash128 } from '../../connections/clickhouse-front/city-hash.ts'
import { compressBlock, decompressBlock } from '../../connections/clickhouse-front/lz4-block.ts'
import { createLz4FrameDecoder } from '../../connections/clickhouse-front/lz4-frame.ts'
import { createPortableZstdDecoder } from '../../connections/clickhouse-front/zstd-decoder.ts'

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 5000 }),
  // Few different bytes: matches, overlapping ones among them.
  fc.array(fc.constantFrom(97, 98), { maxLength: 5000 }).map((list) => Uint8Array.from(list)),
  fc.tuple(fc.nat(255), fc.nat(100_000)).map(([byte, length]) => new Uint8Array(length).fill(byte)),
)

test('Any bytes survive an LZ4 block', () => {
  fc.assert(
    fc.property(bytes, (plain) => {
      const packed = compressBlock(Buffer.from(plain))
      expect(decompressBlock(packed, plain.length).equals(plain)).toBe(true)
    }),
  )
})

test('Bytes that are no LZ4 block are refused, never read beyond their end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(1000), (noise, size) => {
      try {
        expect(decompressBlock(Buffer.from(noise), size)).toHaveLength(size)
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError)
      }
    }),
  )
})

test('Framed blocks are read back however the network cuts them', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(bytes, { maxLength: 4 }),
      fc.integer({ min: 1, max: 997 }),
      async (plains, step) => {
        const framed = Buffer.concat(plains.map((plain) => encodeBlock(Buffer.from(plain))))
        const decoder = createBlockDecoder()
        for (let at = 0; at < framed.length; at += step)
          decoder.write(framed.subarray(at, at + step))
        decoder.end()
        const parts: Buffer[] = []
        for await (const part of decoder) parts.push(part as Buffer)
        expect(Buffer.concat(parts).equals(Buffer.concat(plains))).toBe(true)
      },
    ),
    { numRuns: 30 },
  )
})

test('A changed byte is a checksum error', () => {
  const framed = encodeBlock(Buffer.from('some data'))
  framed[framed.length - 1]! ^= 1
  const decoder = createBlockDecoder()
  const failed = new Promise((resolve) => decoder.once('error', resolve))
  decoder.end(framed)
  return expect(failed).resolves.toMatchObject({ type: 'CHECKSUM_DOESNT_MATCH' })
})

test('CityHash128 has the values of version 1.0.2', () => {
  const digest = (length: number) =>
    cityHash128(Buffer.from(Array.from({ length }, (_, index) => (index * 37 + 11) & 255)))
      .map((half) => half.toString(16).padStart(16, '0'))
      .join('')
  expect([0, 1, 5, 12, 16, 40, 144, 300].map(digest)).toMatchInlineSnapshot(`
    [
      "3df09dfc64c09a2b3cb540c392e51e29",
      "68c4d90df5a5eb8fbe4ed390c455dce6",
      "9b0617b4af1a9a11a53bb91b3cf3d693",
      "55d6d54578a2d4fb324fd6c9589f3f46",
      "a080a19e515664d2ab230625b26fb61d",
      "c812fd17bff7f1ca7e1ee1b7df6dc265",
      "15c0fe45b85cb4167ceaf3c65dadd43b",
      "82f53bf377ee93c550c33094110af153",
    ]
  `)
})

async function decoded(decoder: Transform, bytes: Buffer, step: number): Promise<Buffer> {
  for (let at = 0; at < bytes.length; at += step) decoder.write(bytes.subarray(at, at + step))
  decoder.end()
  return await buffer(decoder)
}

test('Frames of LZ4 are read back however the network cuts them, and refused when cut off', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(bytes, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 9973 }),
      fc.boolean(),
      async (parts, step, contentChecksum) => {
        const plain = Buffer.concat(parts)
        const frame = compressFrameSync(plain, { contentChecksum })
        const two = Buffer.concat([frame, frame])
        const found = await decoded(createLz4FrameDecoder(), two, step)
        expect(found.equals(Buffer.concat([plain, plain]))).toBe(true)
        const cut = frame.subarray(0, frame.length - 1)
        await expect(decoded(createLz4FrameDecoder(), cut, step)).rejects.toThrow()
      },
    ),
    { numRuns: 30 },
  )
})

test('Zstandard is read without a Node that knows it, and refused when cut off', async () => {
  const frame = Buffer.from('KLUv/STRnQAAYDEsImEKCmIiCjIseAEAwimXBOEvn/w=', 'base64')
  const plain = `1,"a\n\nb"\n${'2,x\n'.repeat(50)}`
  for (const step of [1, 7, 1000]) {
    expect((await decoded(createPortableZstdDecoder(), frame, step)).toString()).toBe(plain)
    const cut = frame.subarray(0, frame.length - 6)
    await expect(decoded(createPortableZstdDecoder(), cut, step)).rejects.toThrow()
  }
})
