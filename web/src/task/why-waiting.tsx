import { useQuery } from '@tanstack/react-query'
import { type TaskKey, taskBlockersQuery } from '../api/tasks.ts'
import type { TaskState } from '../api/types.ts'

/** Of a task that does not run: what it waits for. */
export function WhyWaiting({ taskKey, state }: { taskKey: TaskKey; state: TaskState | null }) {
  const waits =
    state === null || ['scheduled', 'queued', 'up_for_retry', 'deferred'].includes(state)
  const { data } = useQuery({ ...taskBlockersQuery(taskKey), enabled: waits })
  if (!waits || !data) return null
  return (
    <div className="note" role="status">
      {data.dependencies.length === 0 ? (
        <p>It is ready and waits for a free worker.</p>
      ) : (
        <ul>
          {data.dependencies.map(({ name, reason }) => (
            <li key={name}>{reason}</li>
          ))}
        </ul>
      )}
    </div>
  )
}
