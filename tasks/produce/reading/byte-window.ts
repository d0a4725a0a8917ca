// The bytes of a file that are still needed, in one piece. Chunks are added at its end and used bytes are
// dropped from its front, so memory holds the longest record and not the file.

/** A longer record is not kept: it is told, and not sent. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024

export class ByteWindow {
  private buffer = Buffer.alloc(0)
  private start = 0
  private end = 0

  get length(): number {
    return this.end - this.start
  }

  at(index: number): number {
    return this.buffer[this.start + index]!
  }

  indexOf(byte: number, from: number): number {
    const found = this.buffer.subarray(this.start, this.end).indexOf(byte, from)
    return found
  }

  /** A copy: the window moves on. */
  copy(from: number, to: number): Buffer {
    return Buffer.from(this.buffer.subarray(this.start + from, this.start + to))
  }

  add(chunk: Buffer): void {
    if (this.end + chunk.length > this.buffer.length) this.makeRoom(chunk.length)
    chunk.copy(this.buffer, this.end)
    this.end += chunk.length
  }

  drop(count: number): void {
    this.start += count
  }

  /** Twice the size each time it grows: each byte is moved a few times however long a record is. */
  private makeRoom(count: number): void {
    const needed = this.length + count
    const target =
      needed * 2 <= this.buffer.length
        ? this.buffer
        : Buffer.allocUnsafe(Math.max(65_536, needed * 2))
    this.buffer.copy(target, 0, this.start, this.end)
    this.buffer = target
    this.end -= this.start
    this.start = 0
  }
}
