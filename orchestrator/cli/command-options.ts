// What every verb's definition shares: the output format, the question's `-y`, examples in the help,
// and arguments that are parsed once, with a message that says what is allowed.

import { type Command, InvalidArgumentError, Option } from 'commander'
import { InexactJsonError, parseExactJson } from '../graph/exact-json.ts'
import { NotJsonError, plainJson } from '../graph/plain-json.ts'
import type { Json } from '../graph/serialized-dag.ts'
import { parseIsoDate } from '../iso-date.ts'
import { OUTPUT_FORMATS } from './output.ts'

export const outputOption = () =>
  new Option('-o, --output <format>', 'how to print rows').choices(OUTPUT_FORMATS).default('table')

export const yesOption = () => new Option('-y, --yes', 'do not ask').default(false)

export function examples(command: Command, ...lines: string[]): Command {
  const text = lines.map((line) => `  $ terrace ${line}`).join('\n')
  return command.addHelpText('after', `\nExamples:\n${text}`)
}

export function dateArgument(text: string): Date {
  const date = parseIsoDate(text)
  if (date) return date
  throw new InvalidArgumentError(
    'It is not a date. Write ISO 8601, such as 2026-03-01 or 2026-03-01T06:30:00+03:00; without an offset it is UTC.',
  )
}

export function jsonObjectArgument(text: string): { [key: string]: Json } {
  let value: unknown
  try {
    value = plainJson(parseExactJson(text), {
      path: 'the JSON',
      maxBytes: Number.POSITIVE_INFINITY,
    })
  } catch (error) {
    if (error instanceof InexactJsonError || error instanceof NotJsonError)
      throw new InvalidArgumentError(
        `It cannot be stored as it is: ${error.message.replace(/\.$/, '')}.`,
      )
    throw new InvalidArgumentError(
      `It is not JSON (${error instanceof Error ? error.message : error}). Write an object in single quotes, such as '{"days": 7}'.`,
    )
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as { [key: string]: Json }
  }
  throw new InvalidArgumentError(`It must be a JSON object, such as '{"days": 7}'.`)
}

export function regexArgument(text: string): RegExp {
  try {
    return new RegExp(text)
  } catch (error) {
    throw new InvalidArgumentError(
      `It is not a regular expression (${error instanceof Error ? error.message : error}). Write one such as '^load_' or 'extract|load'.`,
    )
  }
}

export function integerArgument(min: number, max = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = Number(text)
    if (/^-?\d+$/.test(text) && value >= min && value <= max) return value
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
    throw new InvalidArgumentError(`It must be a whole number ${range}.`)
  }
}
