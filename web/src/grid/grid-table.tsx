// The grid of runs and tasks, drawn for what the screen shows alone, both ways.
//
// Newest runs stand at the right edge and older ones are fetched to the left. The scroller runs from
// right to left, so that what is added on the left moves nothing.

import { useNavigate } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef } from 'react'
import { runAddress, taskAddress } from '../addresses.ts'
import { LinkArea } from '../parts/link-area.tsx'
import { useWidth } from '../parts/use-width.ts'
import { barHeights } from '../text/bar-heights.ts'
import { secondsBetween } from '../text/duration.ts'
import { textWidth } from '../text/text-width.ts'
import { cellId } from './cell-id.ts'
import { dayLabels } from './day-labels.ts'
import { GridCard } from './grid-card.tsx'
import type { Grid } from './grid-data.ts'
import { GridHead } from './grid-head.tsx'
import { GridLabels } from './grid-labels.tsx'
import { GridRow } from './grid-row.tsx'
import { CHUNK, COLUMN, HEAD, LABEL_REM, labelWidth, ROW } from './grid-sizes.ts'
import { type Place, useGridKeys } from './use-grid-keys.ts'

/** Columns that the name of a day needs above a lone run. */
const NARROWEST = 3

interface Props {
  dagId: string
  grid: Grid
  onNearOldest: () => void
}

export function GridTable({ dagId, grid, onNearOldest }: Props) {
  const scroller = useRef<HTMLDivElement>(null)
  const navigate = useNavigate()
  const { tasks, runs } = grid
  const frame = useRef<HTMLDivElement>(null)
  const room = useWidth(frame)
  const labels = useMemo(
    () =>
      labelWidth(tasks, { runs: runs.length, screen: window.innerWidth, room }, (text) =>
        textWidth(text, LABEL_REM),
      ),
    [tasks, runs.length, room],
  )
  const days = useMemo(() => dayLabels(runs), [runs])
  const heights = useMemo(
    () => barHeights(runs.map((run) => secondsBetween(run.start_date, run.end_date, Date.now()))),
    [runs],
  )

  const rows = useVirtualizer({
    count: tasks.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 6,
    paddingStart: HEAD,
    scrollPaddingStart: HEAD,
  })
  const columns = useVirtualizer({
    horizontal: true,
    isRtl: true,
    count: runs.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => COLUMN,
    overscan: 6,
    paddingEnd: labels,
    scrollPaddingEnd: labels,
  })
  const shown = columns.getVirtualItems()
  const oldestShown = shown.at(-1)?.index ?? 0
  const firstChunk = Math.floor((shown[0]?.index ?? 0) / CHUNK)
  const lastChunk = Math.floor(oldestShown / CHUNK)

  useEffect(() => {
    if (oldestShown >= runs.length - 5) onNearOldest()
  }, [oldestShown, runs.length, onNearOldest])

  function show({ row, column }: Place): void {
    if (row >= 0) rows.scrollToIndex(row)
    columns.scrollToIndex(column)
  }

  function open({ row, column }: Place): void {
    const run = runs[column]
    if (!run) return
    const task = tasks[row]
    void navigate({
      href: task ? taskAddress(dagId, run.run_id, task.taskId) : runAddress(dagId, run.run_id),
    })
  }

  const keys = useGridKeys({
    rows: tasks.length,
    columns: runs.length,
    onMove: show,
    onOpen: open,
  })
  const { active } = keys

  return (
    <div ref={frame}>
      <LinkArea className="grid-frame card">
        <div
          ref={scroller}
          className="grid-scroll"
          dir="rtl"
          role="grid"
          tabIndex={0}
          aria-label={`Runs and tasks of ${dagId}; arrow keys move, Enter opens`}
          aria-rowcount={tasks.length + 1}
          aria-colcount={runs.length}
          aria-activedescendant={active ? cellId(active.row, active.column) : undefined}
          onKeyDown={keys.onKeyDown}
          onFocus={keys.onFocus}
        >
          <div
            className="grid-canvas"
            dir="ltr"
            role="presentation"
            style={{
              width: Math.max(columns.getTotalSize(), labels + NARROWEST * COLUMN),
              height: rows.getTotalSize(),
            }}
          >
            <GridHead
              dagId={dagId}
              grid={grid}
              heights={heights}
              days={days}
              firstChunk={firstChunk}
              lastChunk={lastChunk}
              labels={labels}
              active={active?.row === -1 ? active.column : null}
            />
            <GridLabels
              tasks={tasks}
              rows={rows.getVirtualItems()}
              width={labels}
              active={active?.row ?? null}
            />
            {rows.getVirtualItems().map(({ index, start }) => (
              <GridRow
                key={tasks[index]!.taskId}
                dagId={dagId}
                grid={grid}
                row={index}
                top={start}
                firstChunk={firstChunk}
                lastChunk={lastChunk}
                active={active?.row === index ? active.column : null}
              />
            ))}
          </div>
        </div>
        <GridCard scroller={scroller} grid={grid} active={active} />
      </LinkArea>
    </div>
  )
}
