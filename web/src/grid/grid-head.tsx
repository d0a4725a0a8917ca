import type { VirtualItem } from '@tanstack/react-virtual'
import { runAddress } from '../addresses.ts'
import type { GridRun } from '../api/types.ts'
import { stateName } from '../parts/state-badge.tsx'
import { localDay } from '../text/time.ts'
import { cellId } from './cell-id.ts'
import type { Grid } from './grid-data.ts'
import { HEAD } from './grid-sizes.ts'

interface Props {
  dagId: string
  grid: Grid
  heights: number[]
  shown: VirtualItem[]
  labels: number
  active: number | null
}

/** A bar for each run, the taller the longer it took, and the day where one begins. */
export function GridHead({ dagId, grid, heights, shown, labels, active }: Props) {
  const { runs } = grid
  return (
    <div className="grid-head" role="row" aria-rowindex={1} style={{ height: HEAD }}>
      <div className="grid-corner" role="columnheader" style={{ width: labels }}>
        Task
      </div>
      {shown.map(({ index, start }) => {
        const run = runs[index]
        return (
          run && (
            <a
              key={run.run_id}
              id={cellId(-1, index)}
              href={runAddress(dagId, run.run_id)}
              className="grid-run"
              role="columnheader"
              tabIndex={-1}
              data-state={run.state}
              data-active={active === index}
              aria-colindex={index + 2}
              aria-label={`Run ${grid.runTimes[index]}: ${stateName(run.state)}`}
              style={{ right: start }}
            >
              {beginsDay(runs, index) && (
                <span className="grid-day">{localDay(run.run_after)}</span>
              )}
              <span className="grid-bar" style={{ height: `${heights[index]}%` }} />
            </a>
          )
        )
      })}
    </div>
  )
}

function beginsDay(runs: GridRun[], index: number): boolean {
  const older = runs[index + 1]
  return older === undefined || localDay(older.run_after) !== localDay(runs[index]!.run_after)
}
