// Data after VALUES is the one kind that may hold expressions. Two things are read off it before the
// engine sees it: whether expressions may be evaluated at all, and that nothing follows the semicolon
// behind the last row. The engine would skip such text in silence.

import { ClickHouseError } from './clickhouse-error.ts'
import type { DataInspector } from './insert-data.ts'
import { mayInterpretValues } from './statement-policy.ts'

/** Longer than any word that decides whether expressions may be evaluated. */
const overlapBytes = 32

const [space, hash, quote, star, minus, slash, semicolon, backslash] = [..." #'*-/;\\"].map(
  (character) => character.charCodeAt(0),
)
const opening = new Set(Buffer.from('([{'))
const closing = new Set(Buffer.from(')]}'))

export class ValuesData implements DataInspector {
  /** False where code outside of quotes might open a file, or might not be read as we read it. */
  mayInterpret = true
  #tail = Buffer.alloc(0)
  #isQuoted = false
  #isEscaped = false
  #depth = 0
  #previous = 0
  #ended = false

  inspect(part: Buffer): void {
    const code = Buffer.alloc(part.length)
    let size = 0
    for (const byte of part) {
      if (this.#isQuoted) this.#readQuoted(byte)
      else {
        code[size++] = byte
        this.#readCode(byte)
      }
    }
    // A word may be cut between two parts.
    const joined = Buffer.concat([this.#tail, code.subarray(0, size)])
    this.mayInterpret &&= mayInterpretValues(joined)
    this.#tail = joined.subarray(-overlapBytes)
  }

  #readQuoted(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false
    else if (byte === backslash) this.#isEscaped = true
    else if (byte === quote) this.#isQuoted = false
  }

  #readCode(byte: number): void {
    if (this.#ended && byte !== space && (byte < 0x09 || byte > 0x0d)) throw textAfterEnd()
    const previous = this.#previous
    this.#previous = byte
    // The engine nests comments and knows several kinds: with one, only literals are taken.
    const isComment =
      byte === hash ||
      (byte === minus && previous === minus) ||
      ((byte === star || byte === slash) && previous === slash)
    if (isComment) this.mayInterpret = false
    else if (byte === quote) this.#isQuoted = true
    else if (opening.has(byte)) this.#depth += 1
    else if (closing.has(byte)) this.#depth -= 1
    else if (byte === semicolon && this.#depth <= 0) this.#ended = true
  }
}

function textAfterEnd(): ClickHouseError {
  return new ClickHouseError(
    62,
    'SYNTAX_ERROR',
    'Syntax error (Multi-statements are not allowed): text follows the semicolon after the last row ' +
      'of VALUES, and nothing of this INSERT is stored',
  )
}
