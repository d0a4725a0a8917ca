import { describe, expect, test } from 'vitest'
import { distance, intervalText, localClock, localTime, utcTime } from '../../web/src/text/time.ts'

const NOW = Date.parse('2026-11-21T20:30:00Z')

describe('a time', () => {
  test('of today is a clock, with its day before that, with its year of another', () => {
    expect(localTime('2026-11-21T05:04:03Z', NOW, 'UTC')).toBe('05:04:03')
    expect(localTime('2026-11-20T23:59:59Z', NOW, 'UTC')).toBe('20 Nov 23:59')
    expect(localTime('2025-01-02T03:04:05Z', NOW, 'UTC')).toBe('2 Jan 2025 03:04')
  })

  test('is shown in the zone of whoever looks, whose today may be another day', () => {
    expect(localTime('2026-11-21T19:00:00Z', NOW, 'Europe/Istanbul')).toBe('22:00:00')
    expect(localTime('2026-11-21T20:00:00Z', NOW, 'Asia/Tokyo')).toBe('05:00:00')
    expect(localTime('2026-11-21T14:00:00Z', NOW, 'Asia/Tokyo')).toBe('21 Nov 23:00')
  })

  test('of an interval has the day it ends on, unless it is the same', () => {
    const text = (from: string, to: string) => intervalText(from, to, NOW, 'UTC')
    expect(text('2026-11-20T00:00:00Z', '2026-11-21T00:00:00Z')).toBe('20 Nov 00:00 – 21 Nov 00:00')
    expect(text('2026-11-21T13:00:00Z', '2026-11-21T14:00:30Z')).toBe('21 Nov 13:00 – 14:00:30')
    expect(text('2025-12-31T00:00:00Z', '2026-01-01T00:00:00Z')).toBe(
      '31 Dec 2025 00:00 – 1 Jan 00:00',
    )
  })

  test('says in its title what it is in UTC', () => {
    expect(utcTime('2026-11-21T22:00:00+03:00')).toBe('2026-11-21 19:00:00 UTC')
  })

  test('of a log line has its milliseconds', () => {
    expect(localClock('2026-11-21T05:04:03.007Z', 'UTC')).toBe('05:04:03.007')
  })

  test('is told by how far away it is', () => {
    expect(distance('2026-11-21T20:42:00Z', NOW)).toBe('in 12 min')
    expect(distance('2026-11-21T17:25:00Z', NOW)).toBe('3 h 5 min ago')
    expect(distance('2026-11-21T20:30:01Z', NOW)).toBe('now')
  })
})
