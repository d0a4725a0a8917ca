// The bytes of a text file without the byte-order mark that some editors write in front of it.

const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** The file is in an encoding that no format reads. */
export class EncodingError extends Error {
  override name = 'EncodingError'
}

/** @throws EncodingError for UTF-16 and UTF-32, which begin with marks of their own */
export async function* withoutMark(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer | null = Buffer.alloc(0)
  for await (const chunk of bytes) {
    if (head === null) {
      yield chunk
      continue
    }
    head = Buffer.concat([head, chunk])
    if (head.length < UTF8_MARK.length) continue
    yield afterMark(head)
    head = null
  }
  if (head !== null && head.length > 0) yield afterMark(head)
}

function afterMark(head: Buffer): Buffer {
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) {
    throw new EncodingError(
      'it is in UTF-16, and files are read as UTF-8. Convert it: iconv -f UTF-16 -t UTF-8 FILE',
    )
  }
  return head.subarray(0, 3).equals(UTF8_MARK) ? head.subarray(3) : head
}
