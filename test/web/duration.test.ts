import { describe, expect, test } from 'vitest'
import { durationText, secondsBetween } from '../../web/src/text/duration.ts'

describe('a duration', () => {
  test.each([
    [null, '–'],
    [Number.NaN, '–'],
    [0, '0 s'],
    [-3, '0 s'],
    [0.0001, '1 ms'],
    [0.32, '320 ms'],
    [0.9994, '999 ms'],
    [0.9996, '1.0 s'],
    [4.24, '4.2 s'],
    [9.96, '10 s'],
    [59.4, '59 s'],
    [59.6, '1 min'],
    [200, '3 min 20 s'],
    [3_599.7, '1 h'],
    [7_500, '2 h 5 min'],
    [86_390, '1 d'],
    [273_600, '3 d 4 h'],
  ])('of %s seconds reads as %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text)
  })

  test('runs until now while the end is open, and never below nothing', () => {
    const now = Date.parse('2026-11-21T12:00:10Z')
    expect(secondsBetween('2026-11-21T12:00:00Z', null, now)).toBe(10)
    expect(secondsBetween('2026-11-21T12:00:00Z', '2026-11-21T12:00:03Z', now)).toBe(3)
    expect(secondsBetween('2026-11-21T12:00:30Z', null, now)).toBe(0)
    expect(secondsBetween(null, null, now)).toBeNull()
  })
})
