// Which known names somebody may have meant by one that does not exist.

/** Up to three names within a third of the wanted one's length in edits, or that contain it. */
export function closestNames(wanted: string, known: readonly string[]): string[] {
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
