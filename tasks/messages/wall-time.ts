// A time as the clock on a source's wall shows it, and the instant that it is. The only place where a
// zone is asked: a wall time that the clock shows twice is the first of the two, and one that it skips
// is later by what it skips.

const DAY_MS = 86_400_000

/** Milliseconds since 1970 of a wall time that is given as if it were UTC. */
export function instantOf(wallMs: number, zone: string): number {
  // No zone has changed its clock twice within two days since 1970, so one change at most is between.
  const before = offsetAt(wallMs - DAY_MS, zone)
  const after = offsetAt(wallMs + DAY_MS, zone)
  const first = wallMs - before
  if (before === after || offsetAt(first, zone) === before) return first
  const second = wallMs - after
  return offsetAt(second, zone) === after ? second : first
}

interface Zone {
  format: Intl.DateTimeFormat
  /** Of days without a change of the clock: asking the format takes longer than reading the message. */
  offsets: Map<number, number | null>
}

const zones = new Map<string, Zone>()

/** Milliseconds that the zone's clock is ahead of UTC at that instant. */
function offsetAt(instantMs: number, name: string): number {
  const zone = zoneOf(name)
  const day = Math.floor(instantMs / DAY_MS)
  let offset = zone.offsets.get(day)
  if (offset === undefined) {
    const begins = askedOffset(day * DAY_MS, zone)
    offset = begins === askedOffset((day + 1) * DAY_MS, zone) ? begins : null
    zone.offsets.set(day, offset)
  }
  return offset ?? askedOffset(instantMs, zone)
}

function askedOffset(instantMs: number, { format }: Zone): number {
  // MM/DD/YYYY, hh:mm:ss
  const text = format.format(instantMs)
  const part = (from: number, until: number) => Number(text.slice(from, until))
  const wallMs = Date.UTC(
    part(6, 10),
    part(0, 2) - 1,
    part(3, 5),
    part(12, 14),
    part(15, 17),
    part(18, 20),
  )
  return wallMs - Math.floor(instantMs / 1_000) * 1_000
}

function zoneOf(name: string): Zone {
  let zone = zones.get(name)
  if (zone === undefined) {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
    zone = { format, offsets: new Map() }
    zones.set(name, zone)
  }
  return zone
}
