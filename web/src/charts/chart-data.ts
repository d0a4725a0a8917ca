// An answer as the points of a chart.

import type { Answered } from '../views/dashboard/questions-query.ts'
import { numberOf } from './format-value.ts'

const SLICES = 6

export interface Point {
  x: string
  values: (number | null)[]
}

export function pointsOf({ columns, rows, x, y }: Answered): Point[] {
  const xAt = columns.indexOf(x ?? '')
  const yAt = y.map((name) => columns.indexOf(name))
  return rows.map((row) => ({
    x: String(row[xAt] ?? '–'),
    values: yAt.map((at) => numberOf(row[at])),
  }))
}

/** Whether a point of a series has no neighbour that a line could lead to. */
export function isLone(points: readonly Point[], series: number, index: number): boolean {
  const at = (i: number) => points[i]?.values[series] ?? null
  return at(index) !== null && at(index - 1) === null && at(index + 1) === null
}

/** The largest slices, and the rest as one: more cannot be told apart by their colours. */
export function slicesOf(points: readonly Point[]): { name: string; value: number }[] {
  const slices = points
    .map(({ x, values }) => ({ name: x, value: values[0] ?? 0 }))
    .sort((a, b) => b.value - a.value)
  if (slices.length <= SLICES) return slices
  const rest = slices.slice(SLICES - 1).reduce((sum, { value }) => sum + value, 0)
  return [...slices.slice(0, SLICES - 1), { name: 'other', value: rest }]
}
