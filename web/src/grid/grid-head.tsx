import { memo } from 'react'
import { runAddress } from '../addresses.ts'
import { stateName } from '../parts/state-badge.tsx'
import { cellId } from './cell-id.ts'
import type { DayLabel } from './day-labels.ts'
import type { Grid } from './grid-data.ts'
import { CHUNK, COLUMN, HEAD } from './grid-sizes.ts'

interface Props {
  dagId: string
  grid: Grid
  heights: number[]
  days: ReadonlyMap<number, DayLabel>
  firstChunk: number
  lastChunk: number
  labels: number
  active: number | null
}

/** A bar for each run, the taller the longer it took, and the day where one begins. */
export const GridHead = memo(function GridHead(props: Props) {
  const { dagId, grid, heights, days, firstChunk, lastChunk, labels, active } = props
  const { runs } = grid
  const first = firstChunk * CHUNK
  return (
    <div className="grid-head" role="row" aria-rowindex={1} style={{ height: HEAD }}>
      <div className="grid-corner" aria-hidden="true" style={{ width: labels }}>
        Task
      </div>
      {runs.slice(first, (lastChunk + 1) * CHUNK).map((run, i) => {
        const column = first + i
        const day = days.get(column)
        return (
          <a
            key={run.run_id}
            id={cellId(-1, column)}
            href={runAddress(dagId, run.run_id)}
            className="grid-run"
            role="columnheader"
            tabIndex={-1}
            data-state={run.state}
            data-active={active === column}
            aria-colindex={column + 1}
            aria-label={`Run ${grid.runTimes[column]}: ${stateName(run.state)}`}
            style={{ right: column * COLUMN }}
          >
            {day && (
              <span className="grid-day" data-at-end={day.atEnd}>
                {day.text}
              </span>
            )}
            <span className="grid-bar" style={{ height: `${heights[column]}%` }} />
          </a>
        )
      })}
    </div>
  )
})
