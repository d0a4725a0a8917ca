// What a handler threw, in words. Anything can be thrown, and whatever it does when it is looked at,
// the attempt must have an end: nothing here throws.

import { inspect } from 'node:util'
import { classifyThrown, type ThrownKind } from '../sdk/task-errors.ts'

const MAX_CAUSES = 10
const MAX_ERRORS = 10

export interface DescribedThrown {
  kind: ThrownKind
  delayMs?: number
  /** A line or a few. */
  message: string
  /** With the stack, the causes and the properties. */
  detail: string
}

/** @param maxStringLength beyond it the strings in `detail` are cut: what is shown, and the longest secret */
export function describeThrown(thrown: unknown, maxStringLength: number): DescribedThrown {
  const detail = inspected(thrown, maxStringLength)
  let message: string
  try {
    message = messageOf(thrown, maxStringLength)
  } catch {
    message = firstLine(detail)
  }
  try {
    return { ...classifyThrown(thrown), message, detail }
  } catch {
    return { kind: 'error', message, detail }
  }
}

function messageOf(thrown: unknown, maxStringLength: number, depth = 0): string {
  if (!(thrown instanceof Error)) return inspected(thrown, maxStringLength)
  const said: unknown = thrown.message
  const own = typeof said === 'string' ? said : inspected(said, maxStringLength)
  // Node's own for a host with several addresses: it says nothing, and each of its errors says why.
  const errors: unknown = (thrown as Partial<AggregateError>).errors
  if (Array.isArray(errors) && errors.length > 0 && depth < MAX_CAUSES) {
    const some = errors
      .slice(0, MAX_ERRORS)
      .map((one) => messageOf(one, maxStringLength, depth + 1))
    const more = errors.length > MAX_ERRORS ? ` (and ${errors.length - MAX_ERRORS} more)` : ''
    return `${own === '' ? '' : `${own}: `}${some.join('; ')}${more}`
  }
  if (own !== '') return own
  if (thrown.cause !== undefined && depth < MAX_CAUSES)
    return messageOf(thrown.cause, maxStringLength, depth + 1)
  return String(thrown.name)
}

function inspected(value: unknown, maxStringLength: number): string {
  try {
    return inspect(value, { depth: MAX_CAUSES, maxStringLength })
  } catch {
    return 'The task threw a value that cannot be shown'
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!
}
