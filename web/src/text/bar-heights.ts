const LOWEST = 14

/** Heights in percent of bars that stand beside each other; what has not begun is lowest. */
export function barHeights(seconds: (number | null)[]): number[] {
  const longest = Math.max(0, ...seconds.map((one) => one ?? 0))
  return seconds.map((one) =>
    one === null || longest === 0 ? LOWEST : LOWEST + (100 - LOWEST) * (one / longest),
  )
}
