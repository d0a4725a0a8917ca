// JSON objects that stand one after another in a file, pretty-printed or not, each byte for byte as it
// stands there.
//
// An object ends where its brackets close. It is broken when it cannot go on: a string runs over the end
// of its line, an object begins where JSON allows no value, or the file ends. A broken object reaches up
// to the next place where an object can begin: a "{" that is the first character of its line and not
// further in than the broken object's own. So an object that was cut off takes none of those behind it
// along. What stands between objects is told line by line; commas and the brackets of a list around the
// objects are passed over.

import { ByteWindow, MAX_RECORD_BYTES } from './byte-window.ts'
import { withoutMark } from './without-mark.ts'

export interface Piece {
  /** Line on which it begins, from 1. */
  line: number
  /** null when it is longer than a record may be. */
  bytes: Buffer | null
  /** Why it is no whole object; null when it is one, as far as its brackets tell. */
  problem: string | null
}

const [LF, CR, TAB, SPACE, QUOTE, BACKSLASH] = [0x0a, 0x0d, 0x09, 0x20, 0x22, 0x5c]
const [COLON, COMMA, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = [0x3a, 0x2c, 0x7b, 0x7d, 0x5b, 0x5d]
/** Deeper than any message may be nested, so that files of open brackets are given up soon. */
const MAX_DEPTH = 100

const CUT_OFF = 'the object is cut off: the file ends inside it'
const BROKEN = 'the object is broken: another begins inside it'
const OPEN_STRING = 'the object is broken: a string runs over the end of its line'
const TOO_DEEP = `the object is nested deeper than ${MAX_DEPTH} levels`
const TOO_LONG = `the object is longer than ${MAX_RECORD_BYTES} bytes`
const GARBAGE = 'this is no JSON object'

export async function* splitObjects(bytes: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  const splitter = new ObjectSplitter()
  for await (const chunk of withoutMark(bytes)) yield* splitter.add(chunk)
  yield* splitter.end()
}

/** A place in the window where an object may begin. */
interface Candidate {
  at: number
  line: number
  indent: number
}

class ObjectSplitter {
  private readonly window = new ByteWindow()
  /** Next byte to look at. */
  private at = 0
  private line = 1
  /** White space since the line began; -1 after anything else. */
  private indent = 0

  /** What the piece at the window's front is. */
  private inside: 'nothing' | 'garbage' | 'object' | 'broken' = 'nothing'
  private startLine = 1
  private startIndent = 0
  private problem = GARBAGE
  /** The front of the piece was dropped, because the piece is too long to be sent. */
  private isTooLong = false

  /** Of the open brackets: whether each is a list. */
  private readonly lists: boolean[] = []
  private isInString = false
  private isEscaped = false
  private mayBeValue = false
  private restart: Candidate | null = null;

  *add(chunk: Buffer): Generator<Piece> {
    this.window.add(chunk)
    yield* this.scan()
    if (this.window.length <= MAX_RECORD_BYTES) return
    this.isTooLong = true
    this.window.drop(this.at)
    this.at = 0
  }

  *end(): Generator<Piece> {
    while (this.inside === 'object') {
      this.fail(CUT_OFF)
      yield* this.scan()
    }
    if (this.inside !== 'nothing') yield this.take(this.window.length)
  }

  private *scan(): Generator<Piece> {
    while (this.at < this.window.length) {
      if (this.inside === 'object' && this.at === MAX_RECORD_BYTES) this.fail(TOO_LONG)
      const byte = this.window.at(this.at)
      const piece = this.inside === 'object' ? this.stepInside(byte) : this.stepOutside(byte)
      if (piece !== null) yield piece
    }
  }

  /** Between objects, and in what is broken. */
  private stepOutside(byte: number): Piece | null {
    if (byte === OPEN && this.mayBegin()) {
      const piece = this.inside === 'nothing' ? null : this.take(this.at)
      this.begin()
      return piece
    }
    if (this.inside === 'nothing') {
      if (isSpace(byte) || byte === COMMA || byte === OPEN_LIST || byte === CLOSE_LIST) {
        this.move(byte)
        this.window.drop(this.at)
        this.at = 0
        return null
      }
      this.inside = 'garbage'
      this.problem = GARBAGE
      this.startLine = this.line
    }
    if (this.inside === 'garbage' && byte === LF) return this.take(this.at)
    this.move(byte)
    return null
  }

  /** In a broken object many brackets are its own; only one that begins a line is taken for the next object's. */
  private mayBegin(): boolean {
    return this.inside !== 'broken' || (this.indent >= 0 && this.indent <= this.startIndent)
  }

  private begin(): void {
    this.inside = 'object'
    this.startLine = this.line
    this.startIndent = Math.max(this.indent, 0)
    this.window.drop(this.at)
    this.at = 0
    this.lists.length = 0
    this.isInString = false
    this.mayBeValue = true
    this.restart = null
    this.isTooLong = false
  }

  private stepInside(byte: number): Piece | null {
    if (this.isInString) {
      if (byte === LF || byte === CR) this.fail(OPEN_STRING)
      else if (this.isEscaped) this.isEscaped = false
      else if (byte === BACKSLASH) this.isEscaped = true
      else if (byte === QUOTE) this.isInString = false
      if (this.inside === 'object') this.move(byte)
      return null
    }
    if (byte === OPEN || byte === OPEN_LIST) return this.open(byte)
    this.move(byte)
    if (byte === QUOTE) {
      this.isInString = true
      this.isEscaped = false
      this.mayBeValue = false
    } else if (byte === CLOSE || byte === CLOSE_LIST) {
      this.lists.pop()
      this.mayBeValue = false
      if (this.lists.length === 0) return this.take(this.at, null)
    } else if (byte === COLON) this.mayBeValue = true
    else if (byte === COMMA) this.mayBeValue = this.lists.at(-1) === true
    else if (!isSpace(byte)) this.mayBeValue = false
    return null
  }

  private open(byte: number): null {
    const isFirst = this.at === 0
    const beginsLine = byte === OPEN && this.indent >= 0 && this.indent <= this.startIndent
    if (!isFirst && beginsLine && this.restart === null) {
      this.restart = { at: this.at, line: this.line, indent: this.indent }
    }
    if (byte === OPEN && !this.mayBeValue) {
      this.restart ??= { at: this.at, line: this.line, indent: this.indent }
      this.fail(BROKEN)
    } else if (this.lists.length === MAX_DEPTH) this.fail(TOO_DEEP)
    else {
      this.lists.push(byte === OPEN_LIST)
      this.mayBeValue = byte === OPEN_LIST
      this.move(byte)
    }
    return null
  }

  /** Goes back to where another object may have begun; else on to where one will. */
  private fail(problem: string): void {
    this.inside = 'broken'
    this.problem = problem
    if (this.restart === null) return
    this.at = this.restart.at
    this.line = this.restart.line
    this.indent = this.restart.indent
    // The next step takes the bracket there for the begin of an object.
    this.startIndent = Math.max(this.indent, 0)
    if (this.indent < 0) this.indent = 0
    this.restart = null
  }

  /** The piece up to `end`; what follows is outside. */
  private take(end: number, problem: string | null = this.problem): Piece {
    const piece = { line: this.startLine, bytes: this.bytesUpTo(end), problem }
    this.window.drop(end)
    this.at -= end
    this.inside = 'nothing'
    this.isTooLong = false
    return piece
  }

  private bytesUpTo(end: number): Buffer | null {
    let last = end
    while (last > 0 && isSpace(this.window.at(last - 1))) last -= 1
    return this.isTooLong || last > MAX_RECORD_BYTES ? null : this.window.copy(0, last)
  }

  private move(byte: number): void {
    this.at += 1
    if (byte === LF) {
      this.line += 1
      this.indent = 0
    } else if (this.indent >= 0) this.indent = byte === SPACE || byte === TAB ? this.indent + 1 : -1
  }
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === LF || byte === CR || byte === TAB
}
