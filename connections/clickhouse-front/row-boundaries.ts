// Where a stream of INSERT data may be cut so that each piece is valid data by itself. A cut inside
// a quoted line break or a nested object would lose or corrupt rows, so every format has a scanner
// that knows its quoting. Formats without one are inserted in one piece.

export interface BoundaryScanner {
  /** Reads on; returns the offset after the last complete row in `bytes`, or 0 if there is none. */
  scan(bytes: Buffer): number
}

export interface InsertFormat {
  /** null: the data cannot be cut. */
  scanner: (() => BoundaryScanner) | null
  /** Leading rows with column names and types, which every piece repeats. */
  headerRows: number
}

/** How data of a format may be cut, by the format's name in any case. */
export function insertFormat(name: string): InsertFormat {
  const lower = name.replace(/^TSV/i, 'TabSeparated').toLowerCase()
  const headerRows = lower.endsWith('withnamesandtypes') ? 2 : lower.endsWith('withnames') ? 1 : 0
  const base = lower.replace(/withnames(andtypes)?$/, '')
  if (base === 'tabseparated') return { scanner: () => new LineScanner(), headerRows }
  if (base === 'csv') return { scanner: () => new CsvScanner(), headerRows }
  if (/^(jsoneachrow|jsonlines|ndjson|jsonstringseachrow)$/.test(base)) {
    return { scanner: () => new NestedScanner(), headerRows }
  }
  if (/^jsoncompact(strings)?eachrow$/.test(base)) {
    return { scanner: () => new NestedScanner(), headerRows }
  }
  return { scanner: null, headerRows: 0 }
}

/** TabSeparated: a line break ends a row unless a backslash precedes it. */
class LineScanner implements BoundaryScanner {
  #escaped = false

  scan(bytes: Buffer): number {
    let newline = bytes.lastIndexOf(0x0a)
    while (newline >= 0 && this.#isEscaped(bytes, newline)) {
      newline = newline === 0 ? -1 : bytes.lastIndexOf(0x0a, newline - 1)
    }
    this.#escaped = this.#isEscaped(bytes, bytes.length)
    return newline + 1
  }

  #isEscaped(bytes: Buffer, end: number): boolean {
    let start = end
    while (start > 0 && bytes[start - 1] === 0x5c) start -= 1
    const odd = (end - start) % 2 === 1
    return start === 0 ? odd !== this.#escaped : odd
  }
}

/** CSV: a doubled quote toggles twice, so counting quotes is enough. */
class CsvScanner implements BoundaryScanner {
  #quoted = false

  scan(bytes: Buffer): number {
    let boundary = 0
    for (let index = 0; index < bytes.length; index += 1) {
      const byte = bytes[index]
      if (byte === 0x22) this.#quoted = !this.#quoted
      else if (byte === 0x0a && !this.#quoted) boundary = index + 1
    }
    return boundary
  }
}

/** JSON rows, which may span lines: a row ends at a line break outside all brackets. */
class NestedScanner implements BoundaryScanner {
  #depth = 0
  #quoted = false
  #escaped = false

  scan(bytes: Buffer): number {
    let boundary = 0
    for (let index = 0; index < bytes.length; index += 1) {
      const byte = bytes[index]
      if (this.#quoted) {
        if (this.#escaped) this.#escaped = false
        else if (byte === 0x5c) this.#escaped = true
        else if (byte === 0x22) this.#quoted = false
      } else if (byte === 0x22) this.#quoted = true
      else if (byte === 0x7b || byte === 0x5b) this.#depth += 1
      else if (byte === 0x7d || byte === 0x5d) this.#depth -= 1
      else if (byte === 0x0a && this.#depth === 0) boundary = index + 1
    }
    return boundary
  }
}
