import { taskAddress } from '../addresses.ts'
import type { RunAttempt, TaskInstance } from '../api/types.ts'
import { stateName } from '../parts/state-badge.tsx'
import { taskName } from '../run/task-columns.tsx'
import { durationText, secondsBetween } from '../text/duration.ts'
import { type Axis, barOf, type Timed } from './gantt-bars.ts'

interface Props {
  instance: TaskInstance
  /** Its attempts before the one that it stands for. */
  earlier: readonly RunAttempt[]
  axis: Axis
  now: number
  top: number
}

export function GanttRow({ instance, earlier, axis, now, top }: Props) {
  const text = describe(instance, earlier, now)
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
        {earlier.map((attempt) => (
          <Bars
            key={`${attempt.try_number} ${attempt.end_date}`}
            of={attempt}
            axis={axis}
            now={now}
          />
        ))}
        <Bars of={instance} axis={axis} now={now} />
      </span>
    </a>
  )
}

function Bars({ of, axis, now }: { of: Timed; axis: Axis; now: number }) {
  const { wait, run } = barOf(of, axis, now)
  const state = of.state ?? 'none'
  return (
    <>
      {wait && (
        <span
          className="gantt-bar gantt-wait"
          data-state={state}
          style={{ left: `${wait.left}%`, width: `${wait.width}%` }}
        />
      )}
      {run && (
        <span
          className="gantt-bar"
          data-state={state}
          style={{ left: `${run.left}%`, width: `${run.width}%` }}
        />
      )}
    </>
  )
}

function describe(instance: TaskInstance, earlier: readonly RunAttempt[], now: number): string {
  const { queued_when: queued, start_date: start, end_date: end } = instance
  const ran = durationText(secondsBetween(start, end, now))
  const waited = durationText(secondsBetween(queued, start ?? end, now))
  const last = `${taskName(instance)}: ${stateName(instance.state)}, waited ${waited}, ran ${ran}`
  if (earlier.length === 0) return last
  const before = earlier.map((one) => {
    const took = durationText(secondsBetween(one.start_date, one.end_date, now))
    return `attempt ${one.try_number} ${stateName(one.state)}, ran ${took}`
  })
  return `${last}; before: ${before.join('; ')}`
}
