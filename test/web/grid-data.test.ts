import { describe, expect, test } from 'vitest'
import type { GridPage, GridRun } from '../../web/src/api/types.ts'
import { decodeGrid } from '../../web/src/grid/grid-data.ts'

function run(id: string): GridRun {
  return {
    run_id: id,
    state: 'success',
    run_type: 'scheduled',
    run_after: '2026-11-21T00:00:00Z',
    start_date: null,
    end_date: null,
    duration: null,
    logical_date: null,
    note: null,
    has_conf: false,
    version_number: 1,
  }
}

const NEWER: GridPage = {
  tasks: ['extract', 'load'],
  depths: [0, 1],
  states: ['none', 'success', 'failed'],
  runs: [run('r2')],
  cells: [
    [
      [1, 1, 1_000, 3_000],
      [2, 3, 4_000, null],
    ],
  ],
  next_before: 'x',
}

const OLDER: GridPage = {
  tasks: ['load', 'gone'],
  depths: [0, 2],
  states: ['success', 'none'],
  runs: [run('r1')],
  cells: [[null, [0, 1, null, null]]],
  next_before: null,
}

describe('a grid', () => {
  test('unpacks a cell by the state table of its own page', () => {
    const grid = decodeGrid([NEWER, OLDER], 0)
    expect(grid.cellAt('load', 0)).toEqual({
      state: 'failed',
      tryNumber: 3,
      start: '1970-01-01T00:00:04.000Z',
      end: null,
    })
    expect(grid.cellAt('gone', 1)).toMatchObject({ state: 'success', start: null })
  })

  test('has runs of all pages, newest first, and tasks of older versions below', () => {
    const grid = decodeGrid([NEWER, OLDER], 0)
    expect(grid.runs.map(({ run_id }) => run_id)).toEqual(['r2', 'r1'])
    expect(grid.tasks).toEqual([
      { taskId: 'extract', depth: 0 },
      { taskId: 'load', depth: 1 },
      { taskId: 'gone', depth: 2 },
    ])
  })

  test('has no cell where the version of a run had no such task, or no row for it', () => {
    const grid = decodeGrid([NEWER, OLDER], 0)
    expect(grid.cellAt('gone', 0)).toBeNull()
    expect(grid.cellAt('load', 1)).toBeNull()
    expect(grid.cellAt('load', 2)).toBeNull()
  })

  test('of a DAG without runs is empty', () => {
    expect(decodeGrid([{ ...NEWER, runs: [], cells: [] }], 0).runs).toEqual([])
  })
})
