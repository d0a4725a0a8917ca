import type { TaskInstance } from '../api/types.ts'
import { ClearButton } from '../clear/clear-button.tsx'
import { MarkButton } from '../mark/mark-button.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { taskName } from '../run/task-columns.tsx'

const ENDED = new Set<TaskInstance['state']>(['success', 'failed', 'skipped', 'upstream_failed'])

export function TaskHead({ task }: { task: TaskInstance }) {
  return (
    <div className="view-head">
      <h1>{taskName(task)}</h1>
      <StateBadge state={task.state} />
      <div className="view-actions">
        <MarkButton
          request={{
            dagId: task.dag_id,
            runId: task.dag_run_id,
            task: { taskId: task.task_id, mapIndex: task.map_index },
          }}
          active={!ENDED.has(task.state)}
        />
        <ClearButton
          request={{
            dagId: task.dag_id,
            runId: task.dag_run_id,
            taskIds: [task.task_id],
            onlyFailed: false,
            upstream: false,
            downstream: true,
          }}
          main={task.state === 'failed'}
          reason={task.state === null ? 'It has not run yet, so there is nothing to clear.' : null}
        >
          Clear and run again
        </ClearButton>
      </div>
    </div>
  )
}
