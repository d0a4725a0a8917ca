const MAX_SECONDS = 86_400

/**
 * Seconds to wait that a Retry-After asks for, a number or a date; at most a day, because a header
 * from outside is no reason to be silent for a year. null: none, or none that can be read.
 */
export function retryAfterSeconds(header: unknown, now: Date): number | null {
  if (typeof header !== 'string') return null
  const text = header.trim()
  const seconds = /^\d+$/.test(text) ? Number(text) : untilDate(text, now)
  return seconds === null || seconds <= 0 ? null : Math.min(Math.ceil(seconds), MAX_SECONDS)
}

/** Dates as HTTP writes them: Date.parse alone would take "soon 1" for one. */
function untilDate(text: string, now: Date): number | null {
  if (!/^[A-Z][a-z]{2,8},? .*GMT$/.test(text)) return null
  const date = Date.parse(text)
  return Number.isNaN(date) ? null : (date - now.getTime()) / 1000
}
