// Where a JSON text goes wrong, in words: engines name the place in three different ways.

import { InexactJsonError, parseExactJson } from '../../../orchestrator/graph/exact-json.ts'

export type Checked = { value: Record<string, unknown> } | { problem: string }

/** The conf of a run: a JSON object; an empty text is an empty one. */
export function checkConf(text: string): Checked {
  if (text.trim() === '') return { value: {} }
  try {
    const value = parseExactJson(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { value: value as Record<string, unknown> }
    return { problem: 'The conf must be a JSON object, such as {"days": 3}.' }
  } catch (error) {
    if (error instanceof InexactJsonError) return { problem: `In ${error.message}` }
    return { problem: describe(text, (error as SyntaxError).message) }
  }
}

function describe(text: string, message: string): string {
  const reason = message
    .replace(/^JSON\.parse: /, '')
    .replace(/,? \.{3}".*" is not valid JSON.*$/s, '')
    .replace(/,? ".*" is not valid JSON$/s, '')
    .replace(/ (in JSON )?at (position|line) .*$/s, '')
    .replace(/ in JSON$/, '')
  const { line, column } = placeOf(text, message)
  return `Not JSON, line ${line}, column ${column}: ${reason}.`
}

function placeOf(text: string, message: string): { line: number; column: number } {
  const named = /line (\d+) column (\d+)/.exec(message)
  if (named) return { line: Number(named[1]), column: Number(named[2]) }
  const position = /position (\d+)/.exec(message)
  return lineAndColumn(text, position ? Number(position[1]) : firstBadOffset(text))
}

function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n')
  return { line: before.length, column: before.at(-1)!.length + 1 }
}

/** The message names no place: an unfinished text ends too early, another has a token that is off. */
function firstBadOffset(text: string): number {
  let low = 0
  let high = text.length
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (couldContinue(text.slice(0, middle))) low = middle
    else high = middle - 1
  }
  return low
}

function couldContinue(start: string): boolean {
  try {
    JSON.parse(start)
    return true
  } catch (error) {
    const { message } = error as SyntaxError
    const place = /position (\d+)/.exec(message)
    return place
      ? Number(place[1]) >= start.length || message.startsWith('Unterminated')
      : /end of|unterminated|EOF/i.test(message)
  }
}
