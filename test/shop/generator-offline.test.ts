import { describe, expect, it } from 'vitest'
import { CITIES } from '../../generators/offline/cities.ts'
import { nearestCity, ratesOn, weatherAt } from '../../generators/offline/index.ts'

const HOUR = 3_600_000
const YEAR = Array.from(
  { length: 365 * 8 },
  (_, n) => new Date(Date.UTC(2026, 0, 1) + n * 3 * HOUR),
)

describe('The offline place of a point', () => {
  it('is the nearest city within 100 km, across rounding', () => {
    expect(nearestCity(41, 29)).toEqual({ city: 'Istanbul', country: 'TR' })
    expect(nearestCity(48.9, 2.3)).toEqual({ city: 'Paris', country: 'FR' })
  })

  it('is null where no city is near: at sea, at the poles and on the date line', () => {
    for (const [lat, lon] of [
      [0, 0],
      [90, 0],
      [-90, 180],
      [0, -180],
    ] as const) {
      expect(nearestCity(lat, lon)).toBeNull()
    }
  })

  it('has cities so far apart that a customer of one is in no other', () => {
    for (const { city, latitude, longitude } of CITIES) {
      for (const [north, east] of [
        [0.2, 0.2],
        [-0.2, 0.2],
        [0.2, -0.2],
        [-0.2, -0.2],
      ] as const) {
        expect(nearestCity(latitude + north, longitude + east)?.city).toBe(city)
      }
    }
  })
})

describe('The offline weather', () => {
  it('is the same all through an hour and all over a city', () => {
    const at = new Date('2026-03-01T10:00:00Z')
    const end = new Date('2026-03-01T10:59:59.999Z')
    expect(weatherAt(41.1, 28.9, end)).toEqual(weatherAt(41, 29, at))
    expect(weatherAt(0, 0, at)).toBeNull()
  })

  it('has the climate of its city: July warm in Stockholm and cold in Sydney', () => {
    const mean = (lat: number, lon: number, month: number) => {
      const found = YEAR.filter((hour) => hour.getUTCMonth() === month).map(
        (hour) => weatherAt(lat, lon, hour)!.temperatureC,
      )
      return found.reduce((sum, one) => sum + one, 0) / found.length
    }
    for (const [lat, lon, january, july] of [
      [59.33, 18.07, -1, 19],
      [-33.87, 151.21, 23, 13],
    ] as const) {
      expect(Math.abs(mean(lat, lon, 0) - january)).toBeLessThan(2.5)
      expect(Math.abs(mean(lat, lon, 6) - july)).toBeLessThan(2.5)
    }
  })

  it('knows every condition, and snow only where it is cold', () => {
    const all = YEAR.flatMap((hour) =>
      [CITIES[3]!, CITIES[0]!].map((city) => weatherAt(city.latitude, city.longitude, hour)!),
    )
    const conditions = new Set(all.map(({ condition }) => condition))
    expect([...conditions].sort()).toEqual(['clear', 'clouds', 'fog', 'rain', 'snow', 'storm'])
    for (const { condition, temperatureC } of all) {
      if (condition === 'snow') expect(temperatureC).toBeLessThanOrEqual(1)
      expect(Object.is(temperatureC, -0)).toBe(false)
    }
  })
})

describe('The offline rates', () => {
  it('are those of the day, else the last before it, else none', () => {
    expect(ratesOn('2024-04-01').rates.EUR).toBe('0.927')
    expect(ratesOn('2024-06-30')).toEqual(ratesOn('2024-04-01'))
    // Never those of a later year.
    expect(ratesOn('2023-12-31')).toEqual({ base: 'USD', rates: {} })
    expect(ratesOn('2099-01-01').base).toBe('USD')
  })

  it('cannot be changed by a caller', () => {
    ratesOn('2024-04-01').rates.EUR = '1'
    expect(ratesOn('2024-04-01').rates.EUR).toBe('0.927')
  })
})
