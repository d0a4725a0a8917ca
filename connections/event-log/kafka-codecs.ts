// Teaches kafkajs, which knows gzip only, to read what other producers send: snappy, lz4 and zstd.
// Our own producer sends uncompressed. A codec is loaded with the first message that needs it.

import { createRequire } from 'node:module'
import * as zlib from 'node:zlib'
import { loadKafkajs } from './load-kafkajs.ts'

const require = createRequire(import.meta.url)

/** Java's snappy-java cuts the data into blocks behind this header; librdkafka sends one bare block. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEADER_LENGTH = 16

type ZstdDecompress = (bytes: Uint8Array) => Buffer
// In Node since 22.15; older ones take the slower JavaScript.
const nativeZstd = (zlib as { zstdDecompressSync?: ZstdDecompress }).zstdDecompressSync

export function installKafkaCodecs(): void {
  const { CompressionCodecs, CompressionTypes } = loadKafkajs()
  CompressionCodecs[CompressionTypes.Snappy] = readOnly('snappy', unsnappy)
  CompressionCodecs[CompressionTypes.LZ4] = readOnly('lz4', async (bytes) => {
    const lz4: typeof import('lz4-napi') = require('lz4-napi')
    return lz4.decompressFrame(bytes)
  })
  CompressionCodecs[CompressionTypes.ZSTD] = readOnly('zstd', async (bytes) => {
    if (nativeZstd !== undefined) return nativeZstd(bytes)
    const { decompress }: typeof import('fzstd') = require('fzstd')
    return Buffer.from(decompress(bytes))
  })
}

function readOnly(name: string, decompress: (bytes: Buffer) => Promise<Buffer>) {
  return () => ({
    decompress,
    compress: () => Promise.reject(new Error(`Messages are read, not sent, with ${name}.`)),
  })
}

async function unsnappy(bytes: Buffer): Promise<Buffer> {
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return uncompress(bytes)
  const blocks: Buffer[] = []
  let at = XERIAL_HEADER_LENGTH
  while (at < bytes.length) {
    const length = bytes.readUInt32BE(at)
    at += 4
    blocks.push(await uncompress(bytes.subarray(at, at + length)))
    at += length
  }
  return Buffer.concat(blocks)
}

async function uncompress(block: Buffer): Promise<Buffer> {
  const snappy: typeof import('snappy') = require('snappy')
  return Buffer.from(await snappy.uncompress(block, { asBuffer: true }))
}
