import { describe, expect, test } from 'vitest'
import type { GridRun } from '../../web/src/api/types.ts'
import { dayLabels } from '../../web/src/grid/day-labels.ts'
import { COLUMN, labelWidth } from '../../web/src/grid/grid-sizes.ts'

/** Newest first, so many runs on each day. */
function runsOf(...perDay: number[]): GridRun[] {
  return perDay.flatMap((count, day) =>
    Array.from({ length: count }, (_, n) => ({
      ...{ run_id: `${day} ${n}`, state: 'success' as const, run_type: 'scheduled' },
      run_after: new Date(Date.UTC(2026, 10, 28 - day, 12, 59 - n)).toISOString(),
      ...{ start_date: null, end_date: null, duration: null, logical_date: null, note: null },
      ...{ has_conf: false, version_number: 1 },
    })),
  )
}

describe('the days above a grid', () => {
  const shown = (...perDay: number[]) =>
    [...dayLabels(runsOf(...perDay))].map(([column, { text }]) => [column, text])

  test('stand where their first run does', () => {
    expect(shown(5, 4)).toEqual([
      [4, '28 Nov'],
      [8, '27 Nov'],
    ])
  })

  test('never overlap: of days with one run each every third is named, and each has its line', () => {
    const labels = shown(...Array(9).fill(1))
    expect(labels.map(([column]) => column)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    const named = labels.filter(([, text]) => text !== null).map(([column]) => Number(column))
    expect(named).toEqual([0, 5, 8])
  })

  test('stay inside the grid at its right edge', () => {
    const ends = [...dayLabels(runsOf(1, 2, 9)).values()].map(({ atEnd }) => atEnd)
    expect(ends).toEqual([true, false, false])
  })
})

describe('the column of names', () => {
  const tasks = [{ taskId: 'x'.repeat(60), depth: 2 }]
  const widthOf = (text: string) => text.length * 8

  test('has the room that few runs leave, and no more than the longest name needs', () => {
    const few = { runs: 3, screen: 1_280, room: 1_240 }
    expect(labelWidth(tasks, few, widthOf)).toBe(60 * 8 + 20 + 24)
    expect(labelWidth(tasks, { ...few, room: 400 }, widthOf)).toBe(400 - 3 * COLUMN)
  })

  test('leaves the screen to the runs where there are many', () => {
    expect(labelWidth(tasks, { runs: 200, screen: 1_280, room: 1_240 }, widthOf)).toBe(320)
    expect(labelWidth(tasks, { runs: 200, screen: 390, room: 350 }, widthOf)).toBe(150)
  })
})
