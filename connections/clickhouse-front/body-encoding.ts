// Compression of bodies: HTTP's own (gzip, deflate, br) and ClickHouse's framing of LZ4 blocks,
// which the Java driver asks for by default.

import type { IncomingMessage } from 'node:http'
import { Readable, type Transform } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import zlib from 'node:zlib'
import { createBlockDecoder, createBlockEncoder } from './block-framing.ts'
import { ClickHouseError } from './clickhouse-error.ts'
import { createLz4FrameDecoder } from './lz4-frame.ts'
import type { QueryRequest } from './query-request.ts'
import { createZstdDecoder } from './zstd-decoder.ts'

export interface BodyEncoding {
  /** For Content-Encoding; null for ClickHouse's own framing, which has no name. */
  name: string | null
  transform: () => Transform
}

/** How to encode the response: only as the client asked, and framing rather than gzip. */
export function responseEncoding(
  request: IncomingMessage,
  query: QueryRequest,
): BodyEncoding | null {
  if (query.nativeCompression) return { name: null, transform: createBlockEncoder }
  if (!query.httpCompression) return null
  const accepted = String(request.headers['accept-encoding'] ?? '')
    .split(',')
    .map((part) => part.split(';')[0]!.trim().toLowerCase())
  const level = { level: 3, flush: zlib.constants.Z_NO_FLUSH }
  if (accepted.includes('gzip')) return { name: 'gzip', transform: () => zlib.createGzip(level) }
  if (accepted.includes('deflate')) {
    return { name: 'deflate', transform: () => zlib.createDeflate(level) }
  }
  if (accepted.includes('br')) {
    const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: 3 }
    return { name: 'br', transform: () => zlib.createBrotliCompress({ params }) }
  }
  return null
}

export async function encodedWhole(encoding: BodyEncoding, bytes: Buffer): Promise<Buffer> {
  return await buffer(Readable.from([bytes], { objectMode: false }).pipe(encoding.transform()))
}

/** The body's bytes, decoded. */
export function requestBody(request: IncomingMessage, query: QueryRequest): AsyncIterable<Buffer> {
  const name = (request.headers['content-encoding'] ?? 'identity').toLowerCase()
  const decoders = [decoder(name), query.nativeDecompression ? createBlockDecoder() : null]
  return decoded(
    request,
    decoders.filter((decode) => decode !== null),
    name,
  )
}

function decoder(name: string): Transform | null {
  if (name === 'identity' || name === '') return null
  if (name === 'gzip' || name === 'x-gzip') return zlib.createGunzip()
  if (name === 'deflate') return zlib.createInflate()
  if (name === 'br') return zlib.createBrotliDecompress()
  if (name === 'lz4') return createLz4FrameDecoder()
  if (name === 'zstd') return createZstdDecoder()
  throw new ClickHouseError(
    89,
    'UNKNOWN_COMPRESSION_METHOD',
    `Content-Encoding ${JSON.stringify(name.slice(0, 32))} is not supported here: ` +
      'send gzip, deflate, br, lz4, zstd or none',
    { status: 415 },
  )
}

async function* decoded(
  request: IncomingMessage,
  decoders: Transform[],
  name: string,
): AsyncGenerator<Buffer> {
  let source: Readable = request
  for (const decode of decoders) {
    source.on('error', (error) => decode.destroy(error))
    source = source.pipe(decode)
  }
  try {
    for await (const chunk of source) yield chunk as Buffer
  } catch (cause) {
    if (request.errored || cause instanceof ClickHouseError) throw cause
    throw new ClickHouseError(354, 'ZLIB_INFLATE_FAILED', `The body is not valid ${name} data`, {
      status: 400,
      cause,
    })
  }
}
