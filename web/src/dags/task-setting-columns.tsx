import type { GraphTask } from '../api/types.ts'
import type { Column } from '../parts/data-table.tsx'
import { durationText } from '../text/duration.ts'

/** How the tasks of a version are set. */
export const taskSettingColumns: Column<GraphTask>[] = [
  { header: 'Task', sortBy: (task) => task.task_id, cell: (task) => <code>{task.task_id}</code> },
  { header: 'Kind', sortBy: (task) => task.kind, cell: (task) => task.kind },
  {
    header: 'Runs when',
    sortBy: (task) => task.trigger_rule,
    cell: (task) => task.trigger_rule.replaceAll('_', ' '),
  },
  {
    header: 'Retries',
    sortBy: (task) => task.retries,
    cell: (task) =>
      task.retries === 0 ? 'none' : `${task.retries}, after ${durationText(task.retry_delay)}`,
  },
  {
    header: 'Time limit',
    sortBy: (task) => task.timeout,
    cell: (task) => (task.timeout === null ? 'none' : durationText(task.timeout)),
  },
  { header: 'Pool', sortBy: (task) => task.pool, cell: (task) => task.pool },
  { header: 'Queue', sortBy: (task) => task.queue, cell: (task) => task.queue },
  { header: 'About', cell: (task) => task.doc ?? '' },
]
