import { memo } from 'react'
import { GridCells } from './grid-cells.tsx'
import type { Grid } from './grid-data.ts'
import { CHUNK } from './grid-sizes.ts'

interface Props {
  dagId: string
  grid: Grid
  row: number
  top: number
  firstChunk: number
  lastChunk: number
  active: number | null
}

export const GridRow = memo(function GridRow(props: Props) {
  const { dagId, grid, row, top, firstChunk, lastChunk, active } = props
  const chunks = Array.from({ length: lastChunk - firstChunk + 1 }, (_, i) => firstChunk + i)
  return (
    <div
      className="grid-row"
      role="row"
      aria-rowindex={row + 2}
      aria-label={grid.tasks[row]!.taskId}
      data-active={active !== null}
      style={{ top }}
    >
      {chunks.map((chunk) => (
        <GridCells
          key={chunk}
          dagId={dagId}
          grid={grid}
          row={row}
          chunk={chunk}
          active={active !== null && Math.floor(active / CHUNK) === chunk ? active : null}
        />
      ))}
    </div>
  )
})
