// The two ways a command fails. A message names the object, the cause and the fix; the exit code
// tells a script whether the call was wrong (2) or the work failed (1).

import { closestNames } from '../closest-names.ts'

/** The call itself was wrong: a flag, an id, a date, JSON. Exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** The call was right and could not be carried out. Exit code 1. */
export class CommandError extends Error {
  override name = 'CommandError'
}

/** `Did you mean "x"?` for the closest of `known`, or the first few that there are. */
export function suggestion(wanted: string, known: readonly string[], listCommand: string): string {
  if (known.length === 0) return `There are none. See: ${listCommand}`
  const close = closestNames(wanted, known)
  if (close.length > 0) {
    return `Did you mean ${close.map((id) => `"${id}"`).join(' or ')}? All: ${listCommand}`
  }
  const shown = known.slice(0, 10).join(', ')
  return `Known: ${shown}${known.length > 10 ? ', …' : ''}. All: ${listCommand}`
}
