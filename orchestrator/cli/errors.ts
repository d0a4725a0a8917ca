// The two ways a command fails. A message names the object, the cause and the fix; the exit code
// tells a script whether the call was wrong (2) or the work failed (1).

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
  const close = closest(wanted, known)
  if (close.length > 0) {
    return `Did you mean ${close.map((id) => `"${id}"`).join(' or ')}? All: ${listCommand}`
  }
  const shown = known.slice(0, 10).join(', ')
  return `Known: ${shown}${known.length > 10 ? ', …' : ''}. All: ${listCommand}`
}

/** Up to three names within a third of the wanted one's length in edits, or that contain it. */
export function closest(wanted: string, known: readonly string[]): string[] {
  const lower = wanted.toLowerCase()
  return known
    .map((name) => ({ name, distance: distance(lower, name.toLowerCase()) }))
    .filter(
      ({ name, distance }) =>
        distance <= Math.max(2, wanted.length / 3) ||
        (lower.length >= 3 && name.toLowerCase().includes(lower)),
    )
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name)
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
