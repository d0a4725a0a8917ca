// Zstandard, as clients send it in bodies: Node's own decoder where there is one, else one in JavaScript.

import { Transform } from 'node:stream'
import zlib from 'node:zlib'
import { Decompress } from 'fzstd'

export function createZstdDecoder(): Transform {
  const ofNode = (zlib as { createZstdDecompress?: () => Transform }).createZstdDecompress
  return ofNode?.() ?? createPortableZstdDecoder()
}

export function createPortableZstdDecoder(): Transform {
  let isWhole = false
  const decoder = new Decompress((part, isLast) => {
    isWhole = isLast === true
    if (part.length > 0) decoded.push(Buffer.from(part))
  })
  const decoded = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        decoder.push(chunk)
        done()
      } catch (error) {
        done(error as Error)
      }
    },
    flush(done) {
      try {
        decoder.push(new Uint8Array(0), true)
        done(isWhole ? null : new Error('the last frame is incomplete'))
      } catch (error) {
        done(error as Error)
      }
    },
  })
  return decoded
}
