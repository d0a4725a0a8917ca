import { describe, expect, test } from 'vitest'
import { isLone, pointsOf, slicesOf } from '../../web/src/charts/chart-data.ts'
import {
  columnText,
  formatOf,
  headingText,
  pointText,
  valueText,
} from '../../web/src/charts/format-value.ts'

describe('An answer as a chart', () => {
  test('has a point a row, and numbers also where ClickHouse writes texts', () => {
    const answer = {
      ...{ id: 'q', title: '', description: '', group: '', ran_at: '' },
      ...{ money: ['revenue'], percent: [], currency: 'EUR' },
      display: 'line' as const,
      x: 'day',
      y: ['revenue', 'orders'],
      columns: ['orders', 'day', 'revenue'],
      rows: [
        [3, '2026-11-20', '12.5000'],
        [null, '2026-11-21', 'unknown'],
      ],
    }
    expect(pointsOf(answer)).toEqual([
      { x: '2026-11-20', values: [12.5, 3] },
      { x: '2026-11-21', values: [null, null] },
    ])
  })

  test('says in which currency a column is, and what is a part of a whole', () => {
    const answer = { money: ['revenue'], percent: ['conversion'], currency: 'SEK' }
    expect(headingText(answer, 'revenue')).toBe('Revenue, SEK')
    expect(headingText(answer, 'orders')).toBe('Orders')
    const formats = ['revenue', 'conversion', 'orders'].map((column) => formatOf(answer, column))
    expect(formats).toEqual(['money', 'percent', null])
  })

  test('knows the points that no line leads to', () => {
    const points = [null, 4, null, 5, 6, null].map((n) => ({ x: '', values: [n] }))
    expect(points.map((_, index) => isLone(points, 0, index))).toEqual([
      ...[false, true, false],
      ...[false, false, false],
    ])
    expect(isLone([{ x: '', values: [4] }], 0, 0)).toBe(true)
  })

  test('keeps the largest slices, and the others add up to one', () => {
    const points = [5, 1, 9, 2, 8, 3, 7, 4].map((n) => ({ x: `c${n}`, values: [n] }))
    const slices = slicesOf(points)
    expect(slices.map(({ name }) => name)).toEqual(['c9', 'c8', 'c7', 'c5', 'c4', 'other'])
    expect(slices.at(-1)?.value).toBe(6)
  })

  test('says values as their format asks', () => {
    expect(valueText('1234567.8', 'money')).toBe('1,234,567.80')
    expect(valueText(0.0342, 'percent')).toBe('3.4%')
    expect(valueText(0.034217, null)).toBe('0.0342')
    expect(valueText('1200', null)).toBe('1,200')
    expect(valueText('Books', 'money')).toBe('Books')
    expect(valueText(null, 'money')).toBe('–')
    expect(pointText('2026-11-03')).toBe('3 Nov')
    expect(columnText('active_users_7d')).toBe('Active users in 7 days')
    expect(columnText('os')).toBe('OS')
    expect(columnText('campaign_id')).toBe('Campaign ID')
  })
})
