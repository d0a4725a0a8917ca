// The packed pages of a grid as one grid: tasks by runs, newest run first.
//
// A cell is unpacked when it is looked at: a grid of 300 tasks and 200 runs has 60,000 of them, and a
// screen shows a thousand. Older pages may know other tasks; those stand below the present ones.

import type { AnyState, GridPage, GridRun, PackedCell } from '../api/types.ts'
import { localTime } from '../text/time.ts'

export interface GridCell {
  state: AnyState
  tryNumber: number
  start: string | null
  end: string | null
}

export interface Grid {
  tasks: { taskId: string; depth: number }[]
  runs: GridRun[]
  /** When each run was to run, as the screen says it: every cell of the run repeats it. */
  runTimes: string[]
  cellAt: (taskId: string, run: number) => GridCell | null
  /** The state alone, which is all that most cells are asked for. */
  stateAt: (taskId: string, run: number) => AnyState | null
}

export function decodeGrid(pages: GridPage[], now: number): Grid {
  const depths = new Map<string, number>()
  for (const page of pages) {
    page.tasks.forEach((taskId, i) => {
      if (!depths.has(taskId)) depths.set(taskId, page.depths[i] ?? 0)
    })
  }
  const places = pages.map((page) => new Map(page.tasks.map((taskId, i) => [taskId, i])))
  const columns = pages.flatMap((page, p) => page.cells.map((cells) => ({ p, cells })))

  function packedAt(taskId: string, run: number): { page: GridPage; packed: PackedCell } | null {
    const column = columns[run]
    const page = pages[column?.p ?? -1]
    const packed = column?.cells[places[column.p]?.get(taskId) ?? -1]
    return page && packed ? { page, packed } : null
  }

  function stateAt(taskId: string, run: number): AnyState | null {
    const found = packedAt(taskId, run)
    return found && (found.page.states[found.packed[0]] ?? 'none')
  }

  function cellAt(taskId: string, run: number): GridCell | null {
    const state = stateAt(taskId, run)
    const found = packedAt(taskId, run)
    if (!found || state === null) return null
    const [, tryNumber, start, end] = found.packed
    return { state, tryNumber, start: isoOf(start), end: isoOf(end) }
  }

  const runs = pages.flatMap((page) => page.runs)
  return {
    tasks: [...depths].map(([taskId, depth]) => ({ taskId, depth })),
    runs,
    runTimes: runs.map((run) => localTime(run.run_after, now)),
    cellAt,
    stateAt,
  }
}

function isoOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
