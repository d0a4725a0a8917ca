// The lines of a file, byte for byte. A line ends at LF or CRLF and nowhere else: U+2028 may stand in a
// JSON string.

import { ByteWindow, MAX_RECORD_BYTES } from './byte-window.ts'
import { withoutMark } from './without-mark.ts'

const [LF, CR] = [0x0a, 0x0d]

export interface Line {
  /** From 1. */
  number: number
  /** Without its end; null when the line is longer than a record may be. */
  bytes: Buffer | null
}

export async function* splitLines(bytes: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  const window = new ByteWindow()
  let number = 1
  let searched = 0
  let isTooLong = false
  const take = (end: number): Line => {
    const hasReturn = end > 0 && window.at(end - 1) === CR
    const line = { number, bytes: isTooLong ? null : window.copy(0, hasReturn ? end - 1 : end) }
    isTooLong = false
    return line
  }
  for await (const chunk of withoutMark(bytes)) {
    window.add(chunk)
    let end = window.indexOf(LF, searched)
    while (end >= 0) {
      // The CR of a CRLF does not belong to the line.
      if (end > MAX_RECORD_BYTES + 1) isTooLong = true
      yield take(end)
      window.drop(end + 1)
      number += 1
      end = window.indexOf(LF, 0)
    }
    searched = window.length
    if (searched <= MAX_RECORD_BYTES + 1) continue
    isTooLong = true
    window.drop(searched)
    searched = 0
  }
  if (window.length > 0 || isTooLong) yield take(window.length)
}
