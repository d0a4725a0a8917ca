type Unit = 'ms' | 's' | 'm' | 'h' | 'd'

/** Milliseconds, or a number with its unit: `'30s'`, `'4m'`, `'1.5h'`, `'2d'`. */
export type Duration = number | `${number}${Unit}`

const UNIT_MS: Record<Unit, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const MAX_MS = 366 * UNIT_MS.d
const FIX = "Write milliseconds as a number, or a number with its unit: '30s', '4m', '2h', '1d'"

export type ParsedDuration = { ms: number } | { problem: string; fix: string }

/** Returns the problem instead of throwing it, so that the caller's error can name its object. */
export function parseDuration(duration: Duration): ParsedDuration {
  const ms = typeof duration === 'number' ? duration : fromText(duration)
  if (ms === null || !Number.isFinite(ms) || ms < 0) {
    return {
      problem: `${JSON.stringify(duration) ?? String(duration)} is not a duration`,
      fix: FIX,
    }
  }
  if (ms > MAX_MS) {
    return { problem: `${duration} is longer than 366 days`, fix: 'Use a shorter duration' }
  }
  return { ms: Math.round(ms) }
}

function fromText(text: unknown): number | null {
  const match = typeof text === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) : null
  return match ? Number(match[1]) * UNIT_MS[match[2] as Unit] : null
}
