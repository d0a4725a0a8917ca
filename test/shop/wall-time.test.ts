import { describe, expect, it } from 'vitest'
import { readWallTime } from '../../tasks/messages/times.ts'
import { instantOf } from '../../tasks/messages/wall-time.ts'

/** The instant of a time on the wall of a zone, both to the second. */
function instant(wall: string, zone: string): string {
  return new Date(instantOf(Date.parse(`${wall}Z`), zone)).toISOString().slice(0, 19)
}

describe('A time on the wall', () => {
  it.each([
    // Stockholm: summer time ends on 27 October 2024 and begins on 31 March.
    ['2024-02-27T14:34:28', 'Europe/Stockholm', '2024-02-27T13:34:28', 'in winter'],
    ['2024-07-01T00:00:00', 'Europe/Stockholm', '2024-06-30T22:00:00', 'in summer, a day before'],
    ['2024-10-27T01:59:59', 'Europe/Stockholm', '2024-10-26T23:59:59', 'before the doubled hour'],
    ['2024-10-27T02:00:00', 'Europe/Stockholm', '2024-10-27T00:00:00', 'doubled: the first'],
    ['2024-10-27T02:59:59', 'Europe/Stockholm', '2024-10-27T00:59:59', 'doubled: the first'],
    ['2024-10-27T03:00:00', 'Europe/Stockholm', '2024-10-27T02:00:00', 'after the doubled hour'],
    ['2024-03-31T01:59:59', 'Europe/Stockholm', '2024-03-31T00:59:59', 'before the skipped hour'],
    ['2024-03-31T02:00:00', 'Europe/Stockholm', '2024-03-31T01:00:00', 'skipped: shown as 03:00'],
    ['2024-03-31T02:30:00', 'Europe/Stockholm', '2024-03-31T01:30:00', 'skipped: shown as 03:30'],
    ['2024-03-31T03:00:00', 'Europe/Stockholm', '2024-03-31T01:00:00', 'after the skipped hour'],
    // Istanbul: two weeks late in 2015 because of an election, and since September 2016 never again.
    ['2015-10-25T03:30:00', 'Europe/Istanbul', '2015-10-25T00:30:00', 'still in summer time'],
    ['2015-11-08T03:30:00', 'Europe/Istanbul', '2015-11-08T00:30:00', 'doubled: the first'],
    ['2015-11-08T04:00:00', 'Europe/Istanbul', '2015-11-08T02:00:00', 'after the doubled hour'],
    ['2016-03-27T03:30:00', 'Europe/Istanbul', '2016-03-27T01:30:00', 'skipped: shown as 04:30'],
    ['2016-12-01T12:00:00', 'Europe/Istanbul', '2016-12-01T09:00:00', 'three hours ahead for good'],
    ['2024-10-27T03:30:00', 'Europe/Istanbul', '2024-10-27T00:30:00', 'a night like any other'],
    // Lord Howe sets its clock by half an hour, Kathmandu is a quarter of an hour off, Samoa left a day out.
    ['2024-04-07T01:45:00', 'Australia/Lord_Howe', '2024-04-06T14:45:00', 'doubled: the first'],
    [
      '2024-04-07T02:00:00',
      'Australia/Lord_Howe',
      '2024-04-06T15:30:00',
      'after the doubled half hour',
    ],
    [
      '2024-10-06T02:10:00',
      'Australia/Lord_Howe',
      '2024-10-05T15:40:00',
      'skipped: shown as 02:40',
    ],
    ['2024-01-01T00:00:00', 'Asia/Kathmandu', '2023-12-31T18:15:00', 'a quarter of an hour off'],
    ['2011-12-30T12:00:00', 'Pacific/Apia', '2011-12-30T22:00:00', 'skipped: shown a day later'],
    ['1986-01-01T00:00:00', 'Asia/Kathmandu', '1985-12-31T18:30:00', 'skipped: shown as 00:15'],
    ['2024-10-27T02:30:00', 'UTC', '2024-10-27T02:30:00', 'is itself in UTC'],
  ])('%s of %s is %sZ (%s)', (wall, zone, expected) => {
    expect(instant(wall, zone)).toBe(expected)
  })

  it('is, in every zone and month, one that the wall shows there, or one that it skips', () => {
    for (const zone of Intl.supportedValuesOf('timeZone')) {
      const wallOf = new Intl.DateTimeFormat('sv-SE', {
        timeZone: zone,
        dateStyle: 'short',
        timeStyle: 'medium',
      })
      for (let month = 0; month < 24; month++) {
        const wall = new Date(Date.UTC(2023, month, 14 + (month % 3), month, 7, 31))
        const shown = wallOf.format(instantOf(wall.getTime(), zone))
        expect(shown, zone).toBe(wall.toISOString().slice(0, 19).replace('T', ' '))
      }
    }
  })
})

describe('A source that writes times its own way', () => {
  const rules = {
    oldest: new Date('2000-01-01T00:00:00Z'),
    latest: new Date('2026-01-01T00:00:00Z'),
    zone: 'Europe/Stockholm',
  }
  const read = (text: string, format: string) => readWallTime(text, format, rules)

  it('is read to the microsecond', () => {
    expect(read('02/27/2024-14:34:28', 'MM/DD/YYYY-hh:mm:ss')).toBe('2024-02-27T13:34:28.000000Z')
    expect(read('02-27-2024 14:34:28.125', 'MM-DD-YYYY hh:mm:ss.f')).toBe(
      '2024-02-27T13:34:28.125000Z',
    )
    expect(read('02-27-2024 14:34:28', 'MM-DD-YYYY hh:mm:ss.f')).toBe('2024-02-27T13:34:28.000000Z')
    expect(read('2024-02-27T14:34:28', 'YYYY-MM-DDThh:mm:ss.f')).toBe('2024-02-27T13:34:28.000000Z')
  })

  it.each([
    ['27/02/2024-14:34:28', 'bad_time'],
    ['02/30/2024-14:34:28', 'bad_time'],
    ['02/27/2024-24:00:00', 'bad_time'],
    ['02/27/2024-14:34:60', 'bad_time'],
    ['02/27/24-14:34:28', 'bad_time'],
    ['02/27/99999-14:34:28', 'bad_time'],
    ['2024-02-27T14:34:28Z', 'bad_time'],
    ['02/27/2024-14:34:28 ', 'bad_time'],
    ['01/01/1970-00:59:59', 'before_1970'],
    ['12/31/1999-23:59:59', 'too_old'],
    ['01/01/2026-01:00:01', 'in_the_future'],
  ])('has %s refused as %s', (text, reason) => {
    expect(read(text, 'MM/DD/YYYY-hh:mm:ss')).toMatchObject({ reason })
  })
})
