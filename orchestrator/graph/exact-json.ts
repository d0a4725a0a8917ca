// Reads JSON that people and programs send, and refuses what JSON.parse would change without a word: a
// number that no double holds (1e999 becomes Infinity, and null in JSON), an integer beyond 2^53 that
// is rounded, and a key that is written twice, of which the last wins. The page uses this file too.

export type JsonPath = readonly (string | number)[]

export class InexactJsonError extends Error {
  override readonly name = 'InexactJsonError'
  readonly path: JsonPath
  readonly problem: string

  constructor(path: JsonPath, problem: string) {
    super(`${shown(path)}: ${problem}`)
    this.path = path
    this.problem = problem
  }
}

/** An object holds the keys that it has had; a list holds its index. */
type Level = { keys: Set<string>; key: string } | { index: number }

// Letters stand outside texts in true, false and null alone, once JSON.parse has taken the text.
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|-?\d[\d.eE+-]*|[{}[\],]/g
const NUMBER = /^-?(\d+)(?:\.(\d+))?(?:[eE][+-]?\d+)?$/
/** A double needs no more to be told from its neighbours. */
const DIGITS_OF_A_DOUBLE = 17

/** @throws SyntaxError when it is no JSON; InexactJsonError when it would be read as something else */
export function parseExactJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  const levels: Level[] = []
  const path = () => levels.map((level) => ('keys' in level ? level.key : level.index))
  for (const [token, colon] of text.matchAll(TOKEN)) {
    const level = levels.at(-1)
    if (token === '{') levels.push({ keys: new Set(), key: '' })
    else if (token === '[') levels.push({ index: 0 })
    else if (token === '}' || token === ']') levels.pop()
    else if (token === ',') {
      if (level && 'index' in level) level.index++
    } else if (colon !== undefined && level && 'keys' in level) {
      level.key = JSON.parse(token.slice(0, -colon.length))
      if (level.keys.has(level.key)) {
        const fix = 'the last one alone would count. Leave one of them.'
        throw new InexactJsonError(path(), `the key is written twice, and ${fix}`)
      }
      level.keys.add(level.key)
    } else if (!token.startsWith('"')) {
      const change = changeOf(token)
      if (change !== null) throw new InexactJsonError(path(), change)
    }
  }
  return value
}

/** What would become of a number, or null when it stays what it is. */
function changeOf(text: string): string | null {
  const number = Number(text)
  const short = text.length > 40 ? `${text.slice(0, 40)}…` : text
  const fix = 'Write it as a text, in double quotes.'
  if (!Number.isFinite(number)) return `the number ${short} is too large for JSON programs. ${fix}`
  const [, whole, fraction] = NUMBER.exec(text)!
  const digits = `${whole}${fraction ?? ''}`.replace(/^0+/, '')
  if (number === 0 && digits !== '') return `the number ${short} would become 0. ${fix}`
  // What a double is written as stands for it, though the double may be some units away.
  const isChanged = /^-?\d+$/.test(text)
    ? BigInt(text) !== BigInt(number) && text !== String(number)
    : digits.replace(/0+$/, '').length > DIGITS_OF_A_DOUBLE
  return isChanged ? `the number ${short} would become ${number}. ${fix}` : null
}

function shown(path: JsonPath): string {
  if (path.length === 0) return 'the JSON'
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part || '""'}`))
    .join('')
    .replace(/^\./, '')
}
