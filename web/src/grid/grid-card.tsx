// What is known of the cell under the pointer, or of the one that the keys have reached. It listens on
// its own, so that moving the pointer draws this card anew and not the grid.

import { type RefObject, useEffect, useState } from 'react'
import { StateBadge } from '../parts/state-badge.tsx'
import { durationText, secondsBetween } from '../text/duration.ts'
import { cellId, placeOfId } from './cell-id.ts'
import type { Grid } from './grid-data.ts'
import type { Place } from './use-grid-keys.ts'

const GAP = 10
const WIDTH = 260

interface Props {
  scroller: RefObject<HTMLDivElement | null>
  grid: Grid
  active: Place | null
}

export function GridCard({ scroller, grid, active }: Props) {
  const [place, setPlace] = useState<Place | null>(null)

  useEffect(() => {
    const element = scroller.current
    if (!element) return
    const over = ({ target }: PointerEvent) =>
      setPlace(placeOfId((target as Element).closest('a')?.id ?? ''))
    const leave = () => setPlace(null)
    element.addEventListener('pointerover', over)
    element.addEventListener('pointerleave', leave)
    element.addEventListener('blur', leave)
    return () => {
      element.removeEventListener('pointerover', over)
      element.removeEventListener('pointerleave', leave)
      element.removeEventListener('blur', leave)
    }
  }, [scroller])

  useEffect(() => setPlace(active), [active])

  const run = place && grid.runs[place.column]
  const anchor = place && document.getElementById(cellId(place.row, place.column))
  if (!place || !run || !anchor) return null

  const task = grid.tasks[place.row]
  const cell = task ? grid.cellAt(task.taskId, place.column) : null
  const shown = cell ?? { state: run.state, start: run.start_date, end: run.end_date }
  const box = anchor.getBoundingClientRect()
  return (
    <div
      className="hover-card"
      aria-hidden="true"
      style={{
        width: WIDTH,
        left: Math.max(8, Math.min(box.left, window.innerWidth - WIDTH - 8)),
        ...(box.top > window.innerHeight / 2
          ? { bottom: window.innerHeight - box.top + GAP }
          : { top: box.bottom + GAP }),
      }}
    >
      <strong>{task?.taskId ?? run.run_id}</strong>
      <StateBadge state={shown.state} />
      <span className="muted">Run of {grid.runTimes[place.column]}</span>
      <span className="muted">
        {durationText(secondsBetween(shown.start, shown.end, Date.now()))}
        {cell && cell.tryNumber > 1 && `, attempt ${cell.tryNumber}`}
        {!task && run.note && `, ${run.note}`}
      </span>
    </div>
  )
}
