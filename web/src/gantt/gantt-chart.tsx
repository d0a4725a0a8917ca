import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef } from 'react'
import type { RunAttempt, TaskInstance } from '../api/types.ts'
import { LinkArea } from '../parts/link-area.tsx'
import { useNow } from '../parts/use-now.ts'
import { taskName } from '../run/task-columns.tsx'
import { durationText } from '../text/duration.ts'
import { axisOf, earlierAttempts, isUnderWay, rowOf } from './gantt-bars.ts'
import { GanttRow } from './gantt-row.tsx'
import { ticksOf } from './ticks.ts'

const ROW = 30
const HEAD = 28
const TICKS = { wide: 8, narrow: 3 }

interface Props {
  instances: TaskInstance[]
  attempts: RunAttempt[]
}

/** When each attempt of each task of a run waited and ran, on one axis. */
export function GanttChart({ instances, attempts }: Props) {
  const scroller = useRef<HTMLDivElement>(null)
  const now = useNow(instances.some(isUnderWay))
  const rows = useVirtualizer({
    count: instances.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 10,
    paddingStart: HEAD,
  })
  const earlier = useMemo(() => earlierAttempts(instances, attempts), [instances, attempts])
  const axis = axisOf([...instances, ...attempts], now)
  if (!axis) return <p className="muted">No task of this run has been queued yet.</p>
  const seconds = (axis.to - axis.from) / 1000
  const most = window.innerWidth < 640 ? TICKS.narrow : TICKS.wide

  return (
    <LinkArea className="card gantt">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <section ref={scroller} className="gantt-scroll" aria-label="Tasks over time" tabIndex={0}>
        <div className="gantt-canvas" style={{ height: rows.getTotalSize() }}>
          <div className="gantt-axis" style={{ height: HEAD }} aria-hidden="true">
            <div className="gantt-track">
              {ticksOf(seconds, most).map((tick) => (
                <span
                  key={tick}
                  className="gantt-tick"
                  style={{ left: `${(tick / seconds) * 100}%` }}
                >
                  {durationText(tick)}
                </span>
              ))}
            </div>
          </div>
          {rows.getVirtualItems().map(({ index, start }) => (
            <GanttRow
              key={taskName(instances[index]!)}
              instance={instances[index]!}
              earlier={earlier.get(rowOf(instances[index]!)) ?? []}
              axis={axis}
              now={now}
              top={start}
            />
          ))}
        </div>
      </section>
    </LinkArea>
  )
}
