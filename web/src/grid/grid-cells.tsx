import { memo } from 'react'
import { taskAddress } from '../addresses.ts'
import { stateName } from '../parts/state-badge.tsx'
import { cellId } from './cell-id.ts'
import type { Grid } from './grid-data.ts'
import { CHUNK, COLUMN } from './grid-sizes.ts'

interface Props {
  dagId: string
  grid: Grid
  row: number
  chunk: number
  active: number | null
}

/** A task's cells of some runs: while the grid is scrolled, what was drawn stays as it is. */
export const GridCells = memo(function GridCells({ dagId, grid, row, chunk, active }: Props) {
  const { taskId } = grid.tasks[row]!
  const first = chunk * CHUNK
  return grid.runs.slice(first, first + CHUNK).map((run, i) => {
    const column = first + i
    const state = grid.stateAt(taskId, column)
    return state === null ? null : (
      <a
        key={run.run_id}
        id={cellId(row, column)}
        href={taskAddress(dagId, run.run_id, taskId)}
        className="grid-cell"
        role="gridcell"
        tabIndex={-1}
        data-state={state}
        data-active={active === column}
        aria-colindex={column + 1}
        aria-label={`${taskId}, run ${grid.runTimes[column]}: ${stateName(state)}`}
        style={{ right: column * COLUMN }}
      />
    )
  })
})
