import { taskAddress } from '../addresses.ts'
import type { TaskInstance } from '../api/types.ts'
import { stateName } from '../parts/state-badge.tsx'
import { taskName } from '../run/task-columns.tsx'
import { durationText, secondsBetween } from '../text/duration.ts'
import { type Axis, barOf } from './gantt-bars.ts'

interface Props {
  instance: TaskInstance
  axis: Axis
  now: number
  top: number
}

export function GanttRow({ instance, axis, now, top }: Props) {
  const { wait, run } = barOf(instance, axis, now)
  const text = describe(instance, now)
  return (
    <a
      className="gantt-row"
      href={taskAddress(instance.dag_id, instance.dag_run_id, instance.task_id, instance.map_index)}
      data-state={instance.state ?? 'none'}
      aria-label={text}
      title={text}
      style={{ top }}
    >
      <span className="gantt-label">{taskName(instance)}</span>
      <span className="gantt-track">
        {wait && (
          <span
            className="gantt-bar gantt-wait"
            style={{ left: `${wait.left}%`, width: `${wait.width}%` }}
          />
        )}
        {run && (
          <span className="gantt-bar" style={{ left: `${run.left}%`, width: `${run.width}%` }} />
        )}
      </span>
    </a>
  )
}

function describe(instance: TaskInstance, now: number): string {
  const { queued_when: queued, start_date: start, end_date: end } = instance
  const ran = durationText(secondsBetween(start, end, now))
  const waited = durationText(secondsBetween(queued, start ?? end, now))
  return `${taskName(instance)}: ${stateName(instance.state)}, waited ${waited}, ran ${ran}`
}
