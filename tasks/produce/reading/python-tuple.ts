// One tuple of strings and numbers as Python prints it, such as ('Bönor', "L'Oréal", 1428). Read by hand:
// quotes, prefixes and escapes are Python's and not JSON's.

/** A text that is no such tuple; the message says where and why. */
export class TupleError extends Error {
  override name = 'TupleError'
}

const NUMBER = /[+-]?(?:\d+(?:_\d+)*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y
const STRING_START = /([rR]|[uU])?('''|"""|'|")/y
const SPACE = /(?:[ \t\f]|\\\r?\n)*/y
const SIMPLE_ESCAPES: Record<string, string> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}
const HEX_ESCAPES: Record<string, number> = { x: 2, u: 4, U: 8 }

/** The items as text. @throws TupleError */
export function readPythonTuple(text: string): string[] {
  return new TupleReader(text).read()
}

class TupleReader {
  private readonly text: string
  private at = 0

  constructor(text: string) {
    this.text = text
  }

  read(): string[] {
    this.skipSpace()
    this.expect('(')
    const items: string[] = []
    this.skipSpace()
    while (this.text[this.at] !== ')') {
      items.push(this.item())
      this.skipSpace()
      if (this.text[this.at] === ')' && items.length > 1) break
      // One item in brackets is that item, and with a comma behind it a tuple.
      this.expect(',')
      this.skipSpace()
    }
    this.at += 1
    this.skipSpace()
    const rest = this.text.slice(this.at)
    if (!/^,?[ \t\r]*(#.*)?$/.test(rest)) this.fail('the end')
    return items
  }

  private item(): string {
    const number = this.match(NUMBER)
    if (number !== null) return number[0].replaceAll('_', '')
    let content = this.string()
    if (content === null) return this.fail('a string or a number')
    // Strings beside each other are one.
    for (;;) {
      this.skipSpace()
      const more = this.string()
      if (more === null) return content
      content += more
    }
  }

  private string(): string | null {
    const start = this.match(STRING_START)
    if (start === null) return null
    const isRaw = start[1]?.toLowerCase() === 'r'
    const quote = start[2]!
    let content = ''
    while (!this.text.startsWith(quote, this.at)) {
      const character = this.text[this.at]
      if (character === undefined) this.fail(`the closing ${quote}`)
      if (character !== '\\') {
        content += character
        this.at += 1
      } else if (isRaw) {
        content += this.text.slice(this.at, this.at + 2)
        this.at += 2
      } else content += this.escape()
    }
    this.at += quote.length
    return content
  }

  private escape(): string {
    const letter = this.text[this.at + 1] ?? ''
    const octal = /^[0-7]{1,3}/.exec(this.text.slice(this.at + 1, this.at + 4))?.[0]
    const length = HEX_ESCAPES[letter]
    if (Object.hasOwn(SIMPLE_ESCAPES, letter)) {
      this.at += 2
      return SIMPLE_ESCAPES[letter]!
    }
    if (octal !== undefined) {
      this.at += 1 + octal.length
      return String.fromCharCode(Number.parseInt(octal, 8))
    }
    if (length !== undefined) {
      const hex = this.text.slice(this.at + 2, this.at + 2 + length)
      const code = Number.parseInt(hex, 16)
      if (hex.length !== length || !/^[0-9a-fA-F]+$/.test(hex) || code > 0x10ffff) {
        this.fail(`${length} hexadecimal digits of a character`)
      }
      this.at += 2 + length
      return String.fromCodePoint(code)
    }
    if (letter === 'N') this.fail('a character and not its name')
    // Python keeps the backslash of an escape that it does not know.
    this.at += 1
    return '\\'
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)
    if (found !== null) this.at += found[0].length
    return found
  }

  private skipSpace(): void {
    this.match(SPACE)
  }

  private expect(character: string): void {
    if (this.text[this.at] !== character) this.fail(`"${character}"`)
    this.at += 1
  }

  private fail(expected: string): never {
    const found =
      this.at < this.text.length
        ? JSON.stringify(this.text.slice(this.at, this.at + 12))
        : 'the end'
    throw new TupleError(`at character ${this.at + 1}: found ${found}, expected ${expected}`)
  }
}
