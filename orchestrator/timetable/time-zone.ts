// Between instants and what a clock on the wall shows. Wall times are kept as if they were UTC
// (milliseconds since 1970 on that clock), because then the calendar has no gaps to trip over.

const SPAN_MS = 26 * 3_600_000
// Clocks are changed on a quarter of an hour (of UTC), so one look-up holds for all of it.
const QUARTER_MS = 15 * 60_000
const MAX_KEPT = 10_000
const offsets = new Map<string, number>()
const formats = new Map<string, Intl.DateTimeFormat>()

/** How far the zone's clock is ahead of UTC at this instant, in milliseconds. */
export function offsetAt(timezone: string, instant: number): number {
  if (timezone === 'UTC') return 0
  const quarter = Math.floor(instant / QUARTER_MS)
  const key = `${timezone} ${quarter}`
  let offset = offsets.get(key)
  if (offset === undefined) {
    offset = readOffset(timezone, quarter * QUARTER_MS)
    if (offsets.size >= MAX_KEPT) offsets.clear()
    offsets.set(key, offset)
  }
  return offset
}

function readOffset(timezone: string, instant: number): number {
  const parts: Record<string, number> = {}
  for (const { type, value } of formatOf(timezone).formatToParts(instant)) {
    parts[type] = Number(value)
  }
  const { year, month, day, hour, minute, second } = parts
  return Date.UTC(year!, month! - 1, day!, hour!, minute!, second!) - instant
}

/** The offsets that hold around an instant, the smallest and the largest. No shift is longer. */
export function offsetsAround(timezone: string, instant: number): { min: number; max: number } {
  const around = [instant - SPAN_MS, instant, instant + SPAN_MS].map((at) => offsetAt(timezone, at))
  return { min: Math.min(...around), max: Math.max(...around) }
}

/**
 * The instants at which the clock shows `wall`, in order: none in the hour that a clock change
 * skips, two in the hour that it doubles.
 */
export function instantsOf(timezone: string, wall: number): number[] {
  if (timezone === 'UTC') return [wall]
  const before = offsetAt(timezone, wall - SPAN_MS)
  const after = offsetAt(timezone, wall + SPAN_MS)
  const candidates = before === after ? [wall - before] : [wall - before, wall - after]
  return candidates.filter((at) => at + offsetAt(timezone, at) === wall).sort((a, b) => a - b)
}

/** Where a wall time that the clock skips ends up when the clock had not been changed. */
export function afterGap(timezone: string, wall: number): number {
  return wall - offsetAt(timezone, wall - SPAN_MS)
}

function formatOf(timezone: string): Intl.DateTimeFormat {
  let format = formats.get(timezone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(timezone, format)
  }
  return format
}
