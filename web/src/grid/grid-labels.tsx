import type { VirtualItem } from '@tanstack/react-virtual'
import type { Grid } from './grid-data.ts'
import { HEAD, indentOf } from './grid-sizes.ts'

interface Props {
  tasks: Grid['tasks']
  rows: VirtualItem[]
  width: number
  active: number | null
}

/**
 * The names of the tasks, in one column that stays at the left. Each row says its task's name itself:
 * a sticky label in each row cost the browser a layer a row.
 */
export function GridLabels({ tasks, rows, width, active }: Props) {
  return (
    <div className="grid-labels" aria-hidden="true" style={{ width }}>
      {rows.map(({ index, start }) => {
        const { taskId, depth } = tasks[index]!
        return (
          <div
            key={taskId}
            className="grid-label"
            title={taskId}
            data-active={active === index}
            style={{ top: start - HEAD, paddingLeft: 12 + indentOf(depth, window.innerWidth) }}
          >
            {taskId}
          </div>
        )
      })}
    </div>
  )
}
