import type { VirtualItem } from '@tanstack/react-virtual'
import { memo } from 'react'
import { taskAddress } from '../addresses.ts'
import { stateName } from '../parts/state-badge.tsx'
import { cellId } from './cell-id.ts'
import type { Grid } from './grid-data.ts'
import { indentOf } from './grid-sizes.ts'

interface Props {
  dagId: string
  grid: Grid
  row: number
  top: number
  shown: VirtualItem[]
  labels: number
  active: number | null
}

export const GridRow = memo(function GridRow(props: Props) {
  const { dagId, grid, row, top, shown, labels, active } = props
  const { taskId, depth } = grid.tasks[row]!
  return (
    <div
      className="grid-row"
      role="row"
      aria-rowindex={row + 2}
      data-active={active !== null}
      style={{ top }}
    >
      <div
        className="grid-label"
        role="rowheader"
        title={taskId}
        style={{ width: labels, paddingLeft: 12 + indentOf(depth, window.innerWidth) }}
      >
        {taskId}
      </div>
      {shown.map(({ index, start }) => {
        const run = grid.runs[index]
        const cell = run && grid.cellAt(taskId, index)
        return cell ? (
          <a
            key={run.run_id}
            id={cellId(row, index)}
            href={taskAddress(dagId, run.run_id, taskId)}
            className="grid-cell"
            role="gridcell"
            tabIndex={-1}
            data-state={cell.state}
            data-active={active === index}
            aria-colindex={index + 2}
            aria-label={`${taskId}, run ${grid.runTimes[index]}: ${stateName(cell.state)}`}
            style={{ right: start }}
          />
        ) : null
      })}
    </div>
  )
})
