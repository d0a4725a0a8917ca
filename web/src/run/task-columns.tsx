import { Link } from '@tanstack/react-router'
import type { TaskInstance } from '../api/types.ts'
import type { Column } from '../parts/data-table.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { Took } from '../parts/took.tsx'
import { When } from '../parts/when.tsx'

export function taskColumns(dagId: string, runId: string): Column<TaskInstance>[] {
  return [
    {
      header: 'Task',
      sortBy: taskName,
      cell: (task) => (
        <Link
          to="/dags/$dagId/runs/$runId/tasks/$taskId"
          params={{ dagId, runId, taskId: task.task_id }}
          search={task.map_index === -1 ? {} : { map_index: task.map_index }}
        >
          {taskName(task)}
        </Link>
      ),
    },
    {
      header: 'State',
      sortBy: (task) => task.state ?? '',
      cell: (task) => <StateBadge state={task.state} />,
    },
    {
      header: 'Attempts',
      isNumeric: true,
      sortBy: (task) => task.try_number,
      cell: (task) => <span className="number">{task.try_number}</span>,
    },
    {
      header: 'Started',
      sortBy: (task) => task.start_date,
      cell: (task) => <When at={task.start_date} />,
    },
    {
      header: 'Duration',
      isNumeric: true,
      sortBy: (task) => task.duration,
      cell: (task) => <Took start={task.start_date} end={task.end_date} />,
    },
    { header: 'Pool', sortBy: (task) => task.pool, cell: (task) => task.pool },
  ]
}

/** A mapped task has its index beside its name. */
export function taskName({ task_id, map_index }: { task_id: string; map_index: number }): string {
  return map_index === -1 ? task_id : `${task_id} [${map_index}]`
}
