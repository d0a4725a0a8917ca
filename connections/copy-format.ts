// Postgres' binary COPY format, as far as messages need it: bytes go through as they are, without
// the hex and quoting that the text format and array parameters cost.

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const TRAILER = Buffer.from([0xff, 0xff])

export type Field = Buffer | null

const CHUNK_BYTES = 256 * 1024

/** The whole of a COPY input, in chunks. */
export function* encodeCopy(rows: Iterable<readonly Field[]>): Generator<Buffer> {
  let chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  let at = SIGNATURE.copy(chunk)
  for (const fields of rows) {
    const size = fields.reduce((sum, field) => sum + 4 + (field?.length ?? 0), 2)
    if (at + size > chunk.length) {
      yield chunk.subarray(0, at)
      chunk = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, size))
      at = 0
    }
    at = chunk.writeInt16BE(fields.length, at)
    for (const field of fields) {
      at = chunk.writeInt32BE(field === null ? -1 : field.length, at)
      if (field !== null) at += field.copy(chunk, at)
    }
  }
  yield chunk.subarray(0, at)
  yield TRAILER
}

/** The rows of a COPY output. Fields are views of `bytes`. */
export function* decodeCopy(bytes: Buffer): Generator<Field[]> {
  const extensionLength = bytes.readInt32BE(15)
  let at = SIGNATURE.length + extensionLength
  while (true) {
    const count = bytes.readInt16BE(at)
    at += 2
    if (count === -1) return
    const fields: Field[] = []
    for (let i = 0; i < count; i++) {
      const length = bytes.readInt32BE(at)
      at += 4
      if (length === -1) {
        fields.push(null)
      } else {
        fields.push(bytes.subarray(at, at + length))
        at += length
      }
    }
    yield fields
  }
}

export function int4(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32BE(value)
  return bytes
}

export function int8(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigInt64BE(value)
  return bytes
}

const MICROSECONDS_TO_2000 = 946_684_800_000_000n

/** A timestamptz; a Date keeps its milliseconds only. */
export function readTimestamp(bytes: Buffer): Date {
  return new Date(Number((bytes.readBigInt64BE(0) + MICROSECONDS_TO_2000) / 1000n))
}

export function timestamptz(time: Date): Buffer {
  return int8(BigInt(time.getTime()) * 1000n - MICROSECONDS_TO_2000)
}

/** Its binary form is a version and the text. */
export function jsonb(text: string): Buffer {
  return Buffer.from(`\x01${text}`)
}
