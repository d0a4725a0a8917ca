// chDB streams a result as chunks that are documents of their own: a format with column names
// repeats them in every chunk. Formats that are a plain sequence of rows or blocks can be joined
// once the repetition is cut; all others (JSON, Parquet, Pretty, …) cannot be streamed.

type Measure = (document: Buffer) => number

const none: Measure = () => 0
const canonical = (name: string) => name.replace(/^TSV/i, 'TabSeparated').toLowerCase()

const joinable = new Map<string, Measure>()
for (const base of [
  'TabSeparated',
  'TabSeparatedRaw',
  'JSONCompactEachRow',
  'JSONCompactStringsEachRow',
]) {
  joinable.set(base.toLowerCase(), none)
  joinable.set(`${base}WithNames`.toLowerCase(), (document) => lines(document, 1))
  joinable.set(`${base}WithNamesAndTypes`.toLowerCase(), (document) => lines(document, 2))
}
for (const base of [
  'JSONEachRow',
  'JSONStringsEachRow',
  'JSONLines',
  'NDJSON',
  'Native',
  'RowBinary',
  'CSV',
  'LineAsString',
  'RawBLOB',
]) {
  joinable.set(base.toLowerCase(), none)
}
joinable.set('csvwithnames', (document) => records(document, 1))
joinable.set('csvwithnamesandtypes', (document) => records(document, 2))
joinable.set('rowbinarywithnames', (document) => binaryStrings(document, 1))
joinable.set('rowbinarywithnamesandtypes', (document) => binaryStrings(document, 2))

/** Returns the length of a document's header for a format whose chunks can be joined, or null. */
export function headerMeasure(format: string): Measure | null {
  return joinable.get(canonical(format)) ?? null
}

function lines(document: Buffer, count: number): number {
  let end = 0
  for (let line = 0; line < count; line += 1) {
    const newline = document.indexOf(0x0a, end)
    if (newline < 0) return document.length
    end = newline + 1
  }
  return end
}

/** Lines of CSV, where a quoted name may hold a line break. */
function records(document: Buffer, count: number): number {
  let quoted = false
  let seen = 0
  for (let index = 0; index < document.length; index += 1) {
    if (document[index] === 0x22) quoted = !quoted
    else if (document[index] === 0x0a && !quoted && ++seen === count) return index + 1
  }
  return document.length
}

/** A count of columns, then `lists` times that many strings with their lengths. */
function binaryStrings(document: Buffer, lists: number): number {
  let offset = 0
  const readLength = () => {
    let value = 0
    for (let shift = 0; offset < document.length; shift += 7) {
      const byte = document[offset++]!
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) break
    }
    return value
  }
  const columns = readLength()
  for (let string = 0; string < columns * lists; string += 1) {
    const length = readLength()
    offset += length
  }
  return Math.min(offset, document.length)
}
