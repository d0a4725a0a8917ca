// Times are shown in the zone of whoever looks; the title of each says it in UTC.

import { durationText } from './duration.ts'

type Part = 'day' | 'year' | 'clock' | 'seconds'

const PARTS: Record<Part, Intl.DateTimeFormatOptions> = {
  day: { day: 'numeric', month: 'short' },
  year: { day: 'numeric', month: 'short', year: 'numeric' },
  clock: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  seconds: { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** `14:05:09` today, `20 Nov 14:05` this year, `20 Nov 2025 14:05` before. */
export function localTime(iso: string, now: number, zone?: string): string {
  const at = new Date(iso)
  const day = format('year', at, zone)
  if (day === format('year', new Date(now), zone)) return format('seconds', at, zone)
  const sameYear = at.getUTCFullYear() === new Date(now).getUTCFullYear()
  return `${sameYear ? format('day', at, zone) : day} ${format('clock', at, zone)}`
}

export function localDay(iso: string, zone?: string): string {
  return format('day', new Date(iso), zone)
}

/** `20 Nov 13:00 – 14:00`, or `20 Nov 00:00 – 21 Nov 00:00` where it ends on another day. */
export function intervalText(start: string, end: string, now: number, zone?: string): string {
  const from = dayAndClock(start, now, zone)
  const to = dayAndClock(end, now, zone)
  return `${from.day} ${from.clock} – ${to.day === from.day ? '' : `${to.day} `}${to.clock}`
}

function dayAndClock(iso: string, now: number, zone?: string): { day: string; clock: string } {
  const at = new Date(iso)
  const sameYear = at.getUTCFullYear() === new Date(now).getUTCFullYear()
  const isWholeMinute = at.getUTCSeconds() === 0
  return {
    day: format(sameYear ? 'day' : 'year', at, zone),
    clock: format(isWholeMinute ? 'clock' : 'seconds', at, zone),
  }
}

/** `14:05:09.123`, for a line of a log. */
export function localClock(iso: string, zone?: string): string {
  const at = new Date(iso)
  const millis = String(at.getUTCMilliseconds()).padStart(3, '0')
  return `${format('seconds', at, zone)}.${millis}`
}

export function utcTime(iso: string): string {
  return `${new Date(iso).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** `in 12 min`, `3 h 5 min ago`, `now`. */
export function distance(iso: string, now: number): string {
  const seconds = Math.round((Date.parse(iso) - now) / 1000)
  if (Math.abs(seconds) < 2) return 'now'
  return seconds > 0 ? `in ${durationText(seconds)}` : `${durationText(-seconds)} ago`
}

function format(part: Part, at: Date, zone: string | undefined): string {
  const key = `${part} ${zone ?? ''}`
  const kept = formats.get(key)
  if (kept) return kept.format(at)
  // English words with the day first, whatever the browser speaks: the page is in English.
  const made = new Intl.DateTimeFormat('en-GB', {
    ...PARTS[part],
    ...(zone !== undefined && { timeZone: zone }),
  })
  formats.set(key, made)
  return made.format(at)
}
